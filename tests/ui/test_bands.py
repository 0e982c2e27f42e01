"""The bands of a ranking: nearest, middle and farthest, none of them showing what another one shows."""

from __future__ import annotations

import pytest

from ui.gallery import ranked


@pytest.mark.parametrize("count", [13, 14, 30, 41, 90, 119, 120, 121, 400])
def test_no_picture_stands_in_two_bands(count: int) -> None:
    near, middle, far = (list(band) for band in ranked.bands(range(count)))
    assert near[0] == 0 and far[0] == count - 1
    assert not set(near) & set(middle) and not set(middle) & set(far) and not set(near) & set(far)
    assert len(near) == len(far) == min(ranked.BAND, count // 3)
    assert abs((middle[0] + middle[-1]) - (count - 1)) <= 1, "as many before the middle as after it"
    if count < 3 * ranked.BAND - 2:
        assert len({*near, *middle, *far}) == count, "of a small set every picture is shown"
    elif count >= 3 * ranked.BAND:
        assert len(middle) == ranked.BAND
