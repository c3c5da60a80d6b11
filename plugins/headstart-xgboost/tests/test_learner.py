"""XGBoost as a learner: what conformance does not ask of every learner."""

import pytest
from headstart_xgboost import XGBoost
from xgboost import build_info

from headstart.testing.boosters import BoosterTests


class TestXGBoost(BoosterTests):
    booster = XGBoost
    shallow = {"max_depth": 2}
    # Two made-up tables each.
    seconds = {100_000: (6.4, 5.2), 200_000: (9.3, 23.7)}
    hint = 0.291404

    def test_a_gpu_is_asked_for(self):
        if not build_info().get("USE_CUDA"):
            with pytest.raises(ValueError, match="xgboost-cpu"):
                self.fit_on_gpu()
            pytest.skip("needs an XGBoost that is built with CUDA")
        assert self.fit_on_gpu().model.n_rounds == 2
