"""Give contacts and companies names; the words are invented for this engine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_FIRST_NAMES = """
Ada Alma Amir Anders Anna Arun Bea Boris Carla Cem Chen Clara Dana Dario David Dora Elena Elias
Emil Esra Eva Farid Felix Fatma Gita Greta Hana Hugo Ida Igor Ines Ivan Jana Jonas Julia Kai
Karim Katja Lars Lea Leon Lina Luca Maja Marco Maria Mei Milan Mina Nadia Nils Nora Oskar Paula
Pavel Petra Rafael Rosa Samir Sara Tariq Tessa Viktor Yuki
"""
FIRST_NAMES = tuple(_FIRST_NAMES.split())
_LAST_NAMES = """
Abel Adler Bauer Becker Berger Bianchi Borg Brandt Castro Conti Costa Dahl Diaz Dogan Ek Engel
Ferrari Fischer Fuchs Garcia Gruber Haas Hahn Hansen Horvat Huber Ito Jansen Jensen Kaya Keller
Kim Klein Koch Kovac Krause Kumar Lang Larsen Lehmann Lindt Lopez Maier Marino Meyer Moreau Nagy
Novak Olsen Patel Petrov Ricci Rossi Roth Santos Sato Silva Singh Sommer Tanaka Varga Weber Wolf
Yilmaz
"""
LAST_NAMES = tuple(_LAST_NAMES.split())
_FIRST_WORDS = """
Alpine Amber Apex Arctic Atlas Aurora Azure Beacon Birch Blue Bright Bronze Cedar Civic Clear
Cobalt Coral Crest Crystal Delta Eagle East Ember Ever Falcon Fern Forge Frost Gold Grand
Granite Green Harbor Hazel Helix Indigo Iron Ivory Jade Juniper Keystone Lark Lunar Maple
Meridian Mesa North Nova Oak Ocean Onyx Orbit Pine Prime Quartz Raven River Silver Solar Stone
Summit Tidal Vertex Willow
"""
FIRST_WORDS = tuple(_FIRST_WORDS.split())
_SECOND_WORDS = """
Analytics Applied Automation Bakery Brands Capital Chemicals Clinics Cloud Commerce Components
Consulting Data Design Devices Dynamics Electric Energy Engineering Farms Fashion Fitness Foods
Freight Furniture Games Glass Holdings Hotels Industries Instruments Interiors Labs Learning
Logistics Machines Marine Materials Media Metals Mobility Motors Networks Optics Outdoor
Packaging Partners Pharma Plastics Power Printing Products Retail Robotics Security Services
Software Sports Studios Supply Systems Textiles Tools Travel
"""
SECOND_WORDS = tuple(_SECOND_WORDS.split())
_PER_WORD = 64
_PER_ROUND = _PER_WORD * _PER_WORD
TOP_LEVEL = ".example"
"""Reserved for examples (RFC 2606): no such domain can exist."""

Texts = NDArray[np.object_]


def company_names(first: int, last: int) -> tuple[Texts, Texts]:
    """Return names and domains of companies first, ..., last-1: one of each for every id.

    Word A by id mod 64, word B by floor(id/64) mod 64, and from id 4096 on a number.
    """
    ids = np.arange(first, last)
    places, rounds = ids % _PER_ROUND, ids // _PER_ROUND
    spoken = _words(" ", places)
    written = _words("-", places)
    used = range(int(rounds[0]), int(rounds[-1]) + 1) if ids.size else range(0)
    numbers = [f" {n + 1}" if n else "" for n in used]
    endings = [(f"-{n + 1}" if n else "") + TOP_LEVEL for n in used]
    names: Texts = spoken + _listed(numbers)[rounds - used.start]
    domains: Texts = written + _listed(endings)[rounds - used.start]
    return names, domains


def _words(between: str, places: NDArray[np.int64]) -> Texts:
    """Return both words of companies at places (n,) below 4096; slugs are lower case."""
    pairs = [f"{a}{between}{b}" for b in SECOND_WORDS for a in FIRST_WORDS]
    return _listed([pair.lower() for pair in pairs] if between == "-" else pairs)[places]


def _listed(texts: list[str]) -> Texts:
    array = np.empty(len(texts), dtype=object)
    array[:] = texts
    return array
