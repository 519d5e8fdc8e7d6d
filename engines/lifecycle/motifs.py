"""The motifs that ship with the engine.

Source: parameters of the reference system, kept; weights are on centred traits (x - 0.5).
"""

from __future__ import annotations

from engines.lifecycle.params_motifs import Churn, Expansion, Motif, Payment, Renewal
from engines.lifecycle.traits import TRAITS
from runner.contract import FrozenMapping

_FIT, _VEL, _BUD, _CHAMP, _ORG = TRAITS
_by = FrozenMapping[float]

PRODUCT_LED = Motif(
    latent_bias=_by({_FIT: 0.12, _VEL: 0.06}),
    churn=Churn(base_per_week=0.0034, weights=_by({_FIT: -2.0, _VEL: -0.8, _CHAMP: -0.5})),
    renewal=Renewal(churn_multiplier=6.0, weights=_by({_CHAMP: -1.5, _FIT: -1.0})),
    expansion=Expansion(
        base_per_week=0.0045, weights=_by({_VEL: 1.5, _FIT: 1.0}), mrr_fraction=(0.20, 0.60)
    ),
    payment=Payment(
        fail_base_per_invoice=0.012, weights=_by({_BUD: -1.5}), dunning_weeks=4, recovery_prob=0.70
    ),
)
RELATIONSHIP_LED = Motif(
    latent_bias=_by({_CHAMP: 0.14, _ORG: 0.06}),
    churn=Churn(base_per_week=0.0042, weights=_by({_CHAMP: -2.0, _FIT: -0.8, _ORG: -0.6})),
    renewal=Renewal(churn_multiplier=12.0, weights=_by({_CHAMP: -2.5, _ORG: -1.0})),
    expansion=Expansion(
        base_per_week=0.0030, weights=_by({_CHAMP: 1.5, _VEL: 0.8}), mrr_fraction=(0.15, 0.50)
    ),
    payment=Payment(
        fail_base_per_invoice=0.013, weights=_by({_BUD: -1.5, _ORG: -0.5}), dunning_weeks=4,
        recovery_prob=0.65,
    ),
)  # fmt: skip
EXPANSION_LED = Motif(
    latent_bias=_by({_VEL: 0.16, _FIT: 0.06}),
    churn=Churn(base_per_week=0.0026, weights=_by({_VEL: -1.5, _FIT: -1.5, _BUD: -0.5})),
    renewal=Renewal(churn_multiplier=4.0, weights=_by({_VEL: -1.5, _CHAMP: -1.0})),
    expansion=Expansion(
        base_per_week=0.0075, weights=_by({_VEL: 2.0, _FIT: 1.0, _BUD: 0.5}),
        mrr_fraction=(0.30, 1.00),
    ),
    payment=Payment(
        fail_base_per_invoice=0.010, weights=_by({_BUD: -1.2}), dunning_weeks=4, recovery_prob=0.75
    ),
)  # fmt: skip
PAYMENT_FRAGILE = Motif(
    latent_bias=_by({_BUD: -0.18, _ORG: -0.06}),
    churn=Churn(base_per_week=0.0018, weights=_by({_BUD: -2.5, _ORG: -1.0, _FIT: -0.5})),
    renewal=Renewal(churn_multiplier=8.0, weights=_by({_BUD: -2.0, _CHAMP: -1.0})),
    expansion=Expansion(
        base_per_week=0.0020, weights=_by({_VEL: 1.0, _BUD: 1.5}), mrr_fraction=(0.10, 0.30)
    ),
    payment=Payment(
        fail_base_per_invoice=0.027, weights=_by({_BUD: -3.0, _ORG: -1.0}), dunning_weeks=3,
        recovery_prob=0.64,
    ),
)  # fmt: skip
CHURNER_DOMINATED = Motif(
    latent_bias=_by({_FIT: -0.14, _CHAMP: -0.10}),
    churn=Churn(base_per_week=0.0046, weights=_by({_FIT: -1.8, _CHAMP: -1.2, _VEL: -0.8})),
    renewal=Renewal(churn_multiplier=10.0, weights=_by({_CHAMP: -1.5, _FIT: -1.0})),
    expansion=Expansion(
        base_per_week=0.0018, weights=_by({_VEL: 1.0, _FIT: 0.8}), mrr_fraction=(0.10, 0.25)
    ),
    payment=Payment(
        fail_base_per_invoice=0.012, weights=_by({_BUD: -2.0}), dunning_weeks=3, recovery_prob=0.65
    ),
)

MOTIFS = {
    "product_led_retention": PRODUCT_LED,
    "relationship_led_retention": RELATIONSHIP_LED,
    "expansion_led_growth": EXPANSION_LED,
    "payment_fragile": PAYMENT_FRAGILE,
    "churner_dominated": CHURNER_DOMINATED,
    "generic": Motif(),
}
