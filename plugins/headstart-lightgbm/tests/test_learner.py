"""LightGBM as a learner: what conformance does not ask of every learner."""

import pytest
from headstart_lightgbm import LightGBM
from lightgbm.basic import LightGBMError

from headstart.testing.boosters import BoosterTests


class TestLightGBM(BoosterTests):
    booster = LightGBM
    shallow = {"num_leaves": 6, "extra_trees": False}
    # Two made-up tables each.
    seconds = {100_000: (4.8, 7.2), 200_000: (8.2, 14.2)}
    hint = 0.111285

    def test_a_gpu_is_asked_for(self):
        try:
            model = self.fit_on_gpu()
        except LightGBMError as error:
            if "No OpenCL device" not in str(error):
                raise
            pytest.skip("needs a GPU: LightGBM finds none")
        assert model.model.n_rounds == 2
