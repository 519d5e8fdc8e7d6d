Feature: acceptance of a tap plan
  Background:
    Given the engine "taps" with its default parameters and a horizon of 18 months

  Scenario: a growing budget never shrinks a customer base
    When the study is run
    Then "active_customers" of "public_tap_customers_by_month" never decreases
    And "active_clients" of "private_tap_customers_by_month" never decreases
    And the rules "public_monotone" and "private_monotone" pass

  Scenario: a shrinking budget is caught
    Given "params.public_tap.budget_growth_pct_mom" is -30
    When the study is run
    Then the rule "public_monotone" fails with first failing period 8

  Scenario: a recorded motivation covers the fall
    Given "params.public_tap.budget_growth_pct_mom" is -30
    And an exception to "public_monotone" in periods 8 to 18 with max_drop 0.03 and a motivation
    When the study is run
    Then the rule "public_monotone" passes and the exception is listed as used

  Scenario Outline: month tables begin with the minimum header
    When the tables of a run are exported as CSV
    Then the header of "<table>" begins with "<columns>"
    Examples:
      | table                          | columns                                                                                                    |
      | public_tap_customers_by_month  | month,budget_eur,cac_eur,expected_new_customers,active_customers,tokens                                    |
      | private_tap_customers_by_month | month,private_budget_eur,private_cac_eur,expected_new_clients,active_clients,hours,sell_eur_hr,revenue_eur |
