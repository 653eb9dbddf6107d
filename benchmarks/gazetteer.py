"""What the gazetteer answers and how long it takes: `make bench-gazetteer`, over the file in DATA_DIR.

Processor time, so that a busy machine changes little; beside it a bare SELECT of one row of the same file. It fails
where a text takes ten milliseconds or more in the median of its tries.
"""

import sys
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from meetups.app import create_app
from meetups.domain.gazetteer import choices, meant
from meetups.domain.nearness import Point
from meetups.places import gazetteer

BAR = 10.0  # milliseconds
TRIES = 15
COUNTRIES = ((), ("US",), ("GB", "CA"), ("DE",))
TYPED = (
    "Brooklyn", "Hackney", "97214", "Neukölln", "neukolln", "Fitzroy", "E8", "E8 3DL", "M4M", "12043", "London",
    "portland or", "new york ny", "München", "東京", "stoke newi", "dalston", "park slo", "springfield", "san", "sa",
    "saint", "villa", "north", "santa maria de", "san jose de la", "de la", "a b", "972", "nowhere at all", "x" * 50,
    "Hackney, England, GB",
)  # fmt: skip
POINTS = ((43.67, -79.33), (51.55, -0.06), (52.48, 13.43), (35.68, 139.69), (19.4, -99.1), (0.0, 0.0))


def main() -> int:
    """Print what each text leads to and the times; return 0 where all hold the bar."""
    app = create_app()
    with app.app_context():
        if not gazetteer.there():
            sys.stderr.write("no gazetteer in DATA_DIR: flask build-gazetteer\n")
            return 2
        took = [_told(typed, countries) for typed in TYPED for countries in COUNTRIES]
        near = [_cpu(lambda point=point: gazetteer.nearest(Point(*point))) for point in POINTS]
        bare = _cpu(_bare)
    print(f"bare SELECT {bare:.4f} ms; lookup {median(took):.3f} ms in the median, {max(took):.2f} at worst, ", end="")
    print(f"{median(took) / bare:.0f} and {max(took) / bare:.0f} times as much; nearest {max(near):.2f} at worst")
    holds = max(*took, *near) < BAR
    print(f"under {BAR:.0f} ms: {'holds' if holds else 'DOES NOT HOLD'}")
    return 0 if holds else 1


def _told(typed: str, countries: Sequence[str]) -> float:
    found = gazetteer.lookup(typed, countries)
    spot = meant(found, countries)
    offered = [spot] if spot else choices(found) if found else []
    took = _cpu(lambda: gazetteer.lookup(typed, countries))
    answer = " | ".join(one.label for one in offered) or "nothing"
    print(f"{took:7.3f} ms  {typed[:20]:20} {','.join(countries) or '-':5} {'' if spot else '? '}{answer}")
    return took


def _bare() -> Any:
    return gazetteer.opened().execute("SELECT spot FROM names WHERE key = ?", ("toronto",)).fetchall()


def _cpu(act: Callable[[], Any]) -> float:
    """Return the median processor time of an act in milliseconds."""
    times = []
    for _ in range(TRIES):
        began = time.thread_time()
        act()
        times.append(time.thread_time() - began)
    return median(times) * 1000


if __name__ == "__main__":
    sys.exit(main())
