"""The generators of a batch: seeded one by one, never shared."""

import pytest
from gymnasium.utils import seeding

from env.generators import Generators
from utils.errors import ConfigError


def test_generators_of_one_seed_are_those_that_gymnasium_makes():
    generators = Generators(3)
    generators.seed(7)
    drawn = [each.integers(1_000_000) for each in generators.all()]
    assert drawn == [seeding.np_random(seed)[0].integers(1_000_000) for seed in (7, 8, 9)]
    assert generators.seeds() == (7, 8, 9)


def test_generators_without_a_seed_are_random_and_stay():
    generators = Generators(2)
    first = generators.of(0)
    assert first is generators.of(0)
    assert first is not generators.of(1)
    assert generators.seeds()[0] != generators.seeds()[1]


def test_generators_of_a_sequence_go_on_where_it_says_none():
    generators = Generators(2)
    generators.seed(0)
    kept = generators.of(1)
    generators.seed([5, None])
    assert generators.of(1) is kept
    assert generators.seeds() == (5, 1)


def test_generators_of_a_wrong_number_of_seeds_stay_as_they_are():
    generators = Generators(2)
    generators.seed(0)
    before = generators.all()
    with pytest.raises(ConfigError, match="one for each of 2 environments, were 3"):
        generators.seed([1, 2, 3])
    assert generators.all() == before
