"""Words that names of companies are made of."""

from __future__ import annotations

_PLACES = """
Harbor Summit Cedar Willow Granite Maple River Bright Copper Iron Lakeside Pioneer Prairie Redwood Silver Stone Valley
Westfield Oakridge Juniper Falcon Heron Beacon Canyon Coastal Crescent Eastgate Elm Evergreen Fairview Foxglove Garnet
Highland Hollow Ivy Jasper Keystone Larkspur Liberty Magnolia Meadow Midtown Mill Northgate Orchard Pacific Palisade
Pinecrest Quarry Ridgeline Rosewood Saltwater Sequoia Skyline Sparrow Sterling Sunrise Tidewater Timber Union Verde
Vista Walnut Whitestone Wildwood Windmill Yellowtail Bluebird Amber Aspen Birch Cobalt Delta Ember Finch Golden Hazel
"""

_TRADES = {
    "Health": "Dental Veterinary Optics Therapy Pharmacy Clinics Imaging",
    "Food": "Bakery Coffee Brewing Foods Farms Seafood",
    "Construction": "Plumbing Roofing Electric Landscaping Builders",
    "Real estate": "Realty",
    "Leisure": "Fitness Hotels Travel",
    "Professional services": "Legal Accounting Security Staffing Consulting",
    "Transport": "Logistics Freight Marine Aviation",
    "Media": "Studios Design",
    "Retail": "Outfitters Books Motors Furniture Jewelers",
    "Finance": "Insurance Lending Capital Partners",
    "Technology": "Software Analytics Robotics Labs Systems Networks",
    "Manufacturing": "Printing Tooling Plastics Textiles Glass Ceramics Paper",
    "Education": "Academy Tutoring",
    "Utilities": "Energy Solar",
}
"""Trades by industry."""

_KINDS = ("", " Group", " Co", " & Sons", " Collective", " Works", " Services", " West", " Central", " of Ohio")


_PLACE = tuple(_PLACES.split())
_TRADE = tuple((trade, industry) for industry, trades in _TRADES.items() for trade in trades.split())


def company(number: int) -> tuple[str, str]:
    """Name and industry of the company with this number, from 0; the first 40,000 or so differ."""
    place = _PLACE[number % len(_PLACE)]
    trade, industry = _TRADE[number * 7 % len(_TRADE)]
    kind = _KINDS[number // (len(_PLACE) * len(_TRADE)) % len(_KINDS)]
    return f"{place} {trade}{kind}", industry
