# ruff: noqa: RUF001, RUF002  (typographic minus and dash)
"""Format numbers for people."""

import math

__all__ = ["count", "duration", "interval", "latency", "memory", "p_value", "percent", "rate", "score", "signed"]


def score(value: float) -> str:
    """Format a metric with four decimals, or fewer if it is large.

    Examples
    --------
    >>> score(0.81234), score(1234.5678), score(float("nan"))
    ('0.8123', '1,234.6', '–')
    """
    if not math.isfinite(value):
        return "–"
    return f"{value:.4f}" if abs(value) < 100 else f"{value:,.1f}"


def signed(value: float) -> str:
    """Format a difference with its sign.

    Examples
    --------
    >>> signed(0.0167), signed(-0.0033)
    ('+0.0167', '−0.0033')
    """
    if not math.isfinite(value):
        return "–"
    text = score(abs(value))
    return ("−" if value < 0 and text.strip("0.,") else "+") + text


def interval(low: float, high: float) -> str:
    """Format an interval.

    Examples
    --------
    >>> interval(-0.03, 0.0234)
    '−0.0300 to +0.0234'
    """
    return f"{signed(low)} to {signed(high)}"


def p_value(value: float) -> str:
    """Format a p-value.

    Examples
    --------
    >>> p_value(0.0312), p_value(0.00001), p_value(float("nan"))
    ('p = 0.031', 'p < 0.001', '–')
    """
    if not math.isfinite(value):
        return "–"
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def percent(share: float) -> str:
    """Format a share from 0 to 1 as a whole percentage.

    Examples
    --------
    >>> percent(0.716), percent(1)
    ('72 %', '100 %')
    """
    return f"{100 * share:.0f} %"


def count(value: float | None) -> str:
    """Format a count.

    Examples
    --------
    >>> count(5400), count(1_234_567), count(None)
    ('5,400', '1.23 million', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    if value < 999_999.5:
        return f"{value:,.0f}"
    return f"{value / 1e6:,.0f} million" if value >= 99.95e6 else f"{value / 1e6:.3g} million"


def rate(value: float) -> str:
    """Format rows per second with two significant digits.

    Examples
    --------
    >>> rate(52_345.0), rate(5_123_000.0), rate(812.0)
    ('52,000', '5.1 million', '810')
    """
    if not math.isfinite(value) or value <= 0:
        return "–"
    if value >= 1e6:
        return f"{value / 1e6:.2g} million" if value < 99.5e6 else f"{value / 1e6:,.0f} million"
    digits = max(0, math.floor(math.log10(value)) - 1)
    return f"{round(value, -digits):,.0f}"


def memory(value: float) -> str:
    """Format a number of bytes.

    Examples
    --------
    >>> memory(24), memory(4800), memory(90_000_000)
    ('24 B', '4.8 kB', '90 MB')
    """
    if not math.isfinite(value):
        return "–"
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= size:
            return f"{value / size:.1f} {unit}" if value < 10 * size else f"{value / size:.0f} {unit}"
    return f"{value:.0f} B"


def duration(seconds: float) -> str:
    """Format a duration in seconds.

    Examples
    --------
    >>> duration(0.004), duration(2.04), duration(75), duration(3720)
    ('under 0.1 s', '2.0 s', '1 min 15 s', '1 h 2 min')
    """
    if not math.isfinite(seconds):
        return "–"
    if seconds < 0.1:
        return "under 0.1 s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def latency(seconds: float) -> str:
    """Format a short time in seconds with two significant digits.

    Examples
    --------
    >>> latency(0.00132), latency(0.107), latency(0.000049), latency(2.04), latency(float("nan"))
    ('1.3 ms', '110 ms', '0.049 ms', '2.0 s', '–')
    """
    if not math.isfinite(seconds):
        return "–"
    if seconds >= 0.9995:
        return duration(seconds)
    milliseconds = float(f"{1000 * seconds:.2g}")
    digits = 0 if milliseconds >= 10 or milliseconds <= 0 else 1 - math.floor(math.log10(milliseconds))
    return f"{milliseconds:.{digits}f} ms"
