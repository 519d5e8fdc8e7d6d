"""Run declarative experiments on customer-behaviour simulators."""
