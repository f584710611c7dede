"""Where people go: village, township, county or outside, by gravity, age, distance and habit; then which institution."""

from __future__ import annotations

import numpy as np

from opencmc.synthetic.county import COUNTY, OUTSIDE, TOWNSHIP, VILLAGE, County
from opencmc.synthetic.people import AWAY, VISITOR, People
from opencmc.synthetic.plan import Plan
from opencmc.synthetic.sampling import STEPS, Floats, Ints, Lottery

#: Chances (gravity 0–3; county, township, village, outside) before distance and age.
_VISIT_TIERS = np.array(
    [
        [0.215, 0.400, 0.365, 0.019],
        [0.420, 0.370, 0.200, 0.040],
        [0.680, 0.190, 0.040, 0.125],
        [0.600, 0.060, 0.020, 0.380],
    ]
)
_STAY_TIERS = np.array(
    [[0.56, 0.40, 0.0, 0.04], [0.68, 0.245, 0.0, 0.080], [0.765, 0.085, 0.0, 0.157], [0.57, 0.01, 0.0, 0.42]]
)
#: Against these, for children, adults, people of 65 and over (county, township, village, outside).
_AGE_FACTORS = np.array([[1.25, 0.95, 0.60, 1.1], [1.05, 0.95, 0.92, 1.05], [0.80, 1.05, 1.35, 0.85]])
_STAY_AGE_FACTORS = np.array([[1.10, 0.50, 1.0, 1.1], [1.0, 0.85, 1.0, 1.15], [1.0, 1.35, 1.0, 0.75]])
_LEVELS, _AGES, _TIERS = 4, 3, 4
#: How often people do as they always do.
_HABIT = 0.35


class Choice:
    """The choice of provider in one month."""

    def __init__(self, people: People, plan: Plan, month: int) -> None:
        self.people = people
        self.county: County = people.county
        pulled = np.zeros(len(self.county.townships))
        for code in plan.pull_townships:
            pulled[[township.code for township in self.county.townships].index(code)] = plan.pulled(month)
        self._visit = Lottery(self._chances(_VISIT_TIERS, _AGE_FACTORS, pulled, 1.0))
        self._stay = Lottery(self._chances(_STAY_TIERS, _STAY_AGE_FACTORS, pulled, 0.55))
        self._hospital = Lottery(self._hospitals(pulled))
        self._centre = Lottery(self.county.neighbour)
        levels = np.array([[5, 3, 1, 1, 6, 1], [5, 3, 1, 1, 5, 1], [5, 4, 2, 2, 2, 1], [4, 4, 4, 3, 0.5, 3]])
        self._outside = Lottery(levels)

    def visits(self, rng: np.random.Generator, person: Ints, level: Ints, branch: Ints, age: Ints) -> Ints:
        ticks = rng.integers(0, STEPS, len(person), dtype=np.int32)
        by_habit = rng.random(len(person), dtype=np.float32) < _HABIT
        ticks = np.where(by_habit, self.people.habit[person], ticks)
        return self._institutions(rng, self._visit, ticks, person, level, branch, age)

    def stays(self, rng: np.random.Generator, person: Ints, level: Ints, branch: Ints, age: Ints) -> Ints:
        ticks = rng.integers(0, STEPS, len(person), dtype=np.int32)
        return self._institutions(rng, self._stay, ticks, person, level, branch, age)

    def _institutions(
        self, rng: np.random.Generator, tiers: Lottery, ticks: Ints, person: Ints, level: Ints, branch: Ints, age: Ints
    ) -> Ints:
        people, size = self.people, len(person)
        township = people.township[person].astype(np.int32)
        tier = tiers.at(ticks, (township * _LEVELS + level) * _AGES + age)
        kind = people.kind[person]
        luck = rng.random(size, dtype=np.float32)
        tier = np.where(kind == AWAY, np.where(luck < 0.93, OUTSIDE, COUNTY), tier)
        # A visitor's care outside is no business of this county's: it falls away with his row.
        tier = np.where((kind == VISITOR) & (tier == VILLAGE), TOWNSHIP, tier)
        chosen = people.clinic[person].copy()
        at = np.flatnonzero((tier == VILLAGE) & (luck < 0.06))
        for place in np.unique(township[at]):
            these = at[township[at] == place]
            chosen[these] = self.county.clinics[place][rng.integers(0, len(self.county.clinics[place]), len(these))]
        at = np.flatnonzero(tier == TOWNSHIP)
        chosen[at] = self.county.centre[self._centre.draw(rng, township[at], len(at))]
        at = np.flatnonzero(tier == COUNTY)
        chosen[at] = self.county.hospitals[self._hospital.draw(rng, township[at] * 3 + branch[at], len(at))]
        at = np.flatnonzero(tier == OUTSIDE)
        chosen[at] = self.county.outside[self._outside.draw(rng, level[at], len(at))]
        return chosen

    def hospital(self, rng: np.random.Generator, person: Ints, branch: Ints) -> Ints:
        """A county hospital."""
        township = self.people.township[person].astype(np.int32)
        return self.county.hospitals[self._hospital.draw(rng, township * 3 + branch, len(person))]

    def _chances(self, base: Floats, by_age: Floats, pulled: Floats, distance_effect: float) -> Floats:
        distance = self.county.distance
        urban = np.array([township.name.endswith("街道") for township in self.county.townships])
        near = np.exp(-distance * 0.026 * distance_effect) * np.where(urban, 1.30, 1.0)
        factors = np.stack(
            [
                near / near.mean(),
                np.where(urban, 0.86, 1.10),
                np.where(urban, 0.70, 1.20),
                1.0 + 0.25 * (np.array([t.short == "西店" for t in self.county.townships]) * 1.0),
            ],
            axis=1,
        )
        chances: Floats = base[None, :, None, :] * by_age[None, None, :, :] * factors[:, None, None, :]
        chances = chances / chances.sum(axis=3, keepdims=True)
        moved = chances[..., [TOWNSHIP, VILLAGE]] * pulled[:, None, None, None]
        chances[..., [TOWNSHIP, VILLAGE]] -= moved
        chances[..., COUNTY] += moved.sum(axis=3)
        return chances.reshape(-1, _TIERS)

    def _hospitals(self, pulled: Floats) -> Floats:
        """Weights (township, branch) of NH-H1, H2, H3, H4, P1."""
        weights = np.zeros((len(self.county.townships), 3, 5))
        second = np.array([
            community >= 0 and self.county.communities[community].lead == "NH-H2" for community in self.county.community_of
        ])  # fmt: skip
        weights[:, 0] = [42, 20, 17, 7, 9]
        weights[:, 1] = [26, 12, 6, 50, 2]
        weights[:, 2] = [22, 12, 50, 3, 10]
        weights[second, :, 0] *= 0.55
        weights[second, :, 1] *= 2.6
        weights[:, :, 0] *= (1 + 1.5 * pulled)[:, None]
        return weights.reshape(-1, 5)
