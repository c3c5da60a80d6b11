"""Raw CSV files: headstart against the manual pipeline of a careful analyst.

    python benchmarks/messy.py FOLDER [--time-limit 120] [--files titanic,taxi]

`FOLDER` has the eight CSV files that `FILES` names. For each, the analyst's steps are
written below: reading, parsing, dropping and deriving columns, then LightGBM, tuned by
40 draws of a cross-validation. headstart gets the unchanged training rows of the file,
the target, and the facts that only a person can know: columns that are unknown at the
time of prediction, and that later rows are to be predicted from earlier ones. Both are
evaluated on the same held-out rows, which are used for nothing else.

About 25 minutes with a limit of 120 s, with nothing else running. Results are written
to ``benchmarks/cache/messy`` and not computed again.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import lightgbm as lgb
import numpy as np
import polars as pl
import polars.selectors as cs
from sklearn.metrics import mean_absolute_error, mean_squared_error, roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold, TimeSeriesSplit

from headstart import read_table

HERE = Path(__file__).parent
CACHE = HERE / "cache" / "messy"
N_DRAWS = 40
TEST_SHARE = 0.3


@dataclass(frozen=True)
class File:
    """A file, its question, and what only a person can know.

    Parameters
    ----------
    name, target : str
    metric : str
        roc_auc, rmse or mae: what both are told to optimise and are judged by.
    by_hand : callable
        The analyst's features of all rows, none of which looks at the target.
    not_known : tuple of str
        Columns that are not there when the prediction is made.
    time_column : str or None
        Test rows are the last by this column; validation too.
    """

    name: str
    target: str
    metric: str
    by_hand: Callable[[pl.DataFrame], pl.DataFrame]
    not_known: tuple[str, ...] = ()
    time_column: str | None = None
    positive: str = ""
    options: tuple[str, ...] = field(default_factory=tuple)


def category(name: str) -> pl.Expr:
    """Return a column of words in the form that LightGBM accepts."""
    return pl.col(name).cast(pl.String).fill_null("(missing)").cast(pl.Categorical)


def titanic(raw: pl.DataFrame) -> pl.DataFrame:
    title = pl.col("Name").str.extract(r", ([A-Za-z ]+)\.")
    common = title.is_in(["Mr", "Mrs", "Miss", "Master"])
    family = pl.col("SibSp") + pl.col("Parch") + 1
    ticket_size = pl.col("Ticket").len().over("Ticket")
    return raw.select(
        "Pclass", "Age", "SibSp", "Parch", "Fare",
        pl.when(common).then(title).otherwise(pl.lit("rare")).cast(pl.Categorical)
        .alias("title"),
        category("Sex"), category("Embarked"),
        pl.col("Cabin").str.slice(0, 1).fill_null("-").cast(pl.Categorical)
        .alias("deck"),
        family.alias("family"), ticket_size.alias("ticket_size"),
        (pl.col("Fare") / ticket_size).alias("fare_each"),
    )  # fmt: skip


def airbnb(raw: pl.DataFrame) -> pl.DataFrame:
    words = pl.col("name").str.to_lowercase()
    last_review = pl.col("last_review").str.to_date("%d-%m-%Y", strict=False)
    km = 111.0
    east = (pl.col("longitude") - 4.9) * km * np.cos(np.radians(52.37))
    north = (pl.col("latitude") - 52.37) * km
    return raw.select(
        category("neighbourhood"), category("room_type"),
        "latitude", "longitude", "minimum_nights", "number_of_reviews",
        "reviews_per_month", "calculated_host_listings_count", "availability_365",
        (east**2 + north**2).sqrt().alias("km_to_centre"),
        (pl.date(2019, 12, 31) - last_review)
        .dt.total_days().alias("days_since_review"),
        pl.col("host_id").len().over("host_id").alias("listings_of_host"),
        pl.col("name").str.len_chars().alias("title_length"),
        *(words.str.contains(w).alias(f"says_{i}") for i, w in enumerate(
            ["luxur", "canal|gracht", "house|family|villa", "studio", "boat",
             "garden", "spacious|large|groot", "cosy|cozy|small", "penthouse|roof",
             "centr|centre|center", "design|loft", "room"])),
        pl.col("name").str.extract(r"(\d+)\s*m2").cast(pl.Float64).alias("m2"),
        pl.col("name").str.extract(r"(\d+)\s*(?:p\b|pers|people|guest)")
        .cast(pl.Float64).alias("guests"),
    )  # fmt: skip


_AREA = {
    "sq. meter": 10.764, "sq. yards": 9.0, "perch": 272.25, "acres": 43_560.0,
    "cents": 435.6, "guntha": 1_089.0, "grounds": 2_400.0,
}  # fmt: skip


def square_feet(text: str | None) -> float | None:
    """Parse an area such as "1056", "2100 - 2850" or "34.46Sq. Meter"."""
    if text is None:
        return None
    ends = re.findall(r"\d+(?:\.\d+)?", text)
    if not ends:
        return None
    value = float(np.mean([float(e) for e in ends[:2]]))
    unit = re.sub(r"[\d\s.-]*", "", text, count=1).strip().lower()
    unit = next((u for u in _AREA if u.replace(" ", "") in unit.replace(" ", "")), "")
    return value * _AREA.get(unit, 1.0)


def bengaluru(raw: pl.DataFrame) -> pl.DataFrame:
    area = (
        pl.col("total_sqft")
        .cast(pl.String)
        .map_elements(square_feet, return_dtype=pl.Float64)
    )
    rooms = pl.col("size").str.extract(r"(\d+)").cast(pl.Float64)
    ready = pl.col("availability").is_in(["Ready To Move", "Immediate Possession"])
    return raw.select(
        category("area_type"), category("location"), category("society"),
        area.alias("area"), rooms.alias("rooms"), "bath", "balcony",
        (area / rooms).alias("area_a_room"), ready.alias("ready"),
        pl.col("location").len().over("location").alias("offers_there"),
    )  # fmt: skip


def flights(raw: pl.DataFrame) -> pl.DataFrame:
    date = pl.date(pl.col("year"), pl.col("month"), pl.col("day"))
    return raw.select(
        "month", "day", "distance", date.dt.weekday().alias("weekday"),
        date.dt.ordinal_day().alias("day_of_year"),
        category("carrier"), category("origin"), category("dest"),
        category("tailnum"), category("flight"),
    )  # fmt: skip


def taxi(raw: pl.DataFrame) -> pl.DataFrame:
    start = pl.col("pickup").str.to_datetime("%Y-%m-%d %H:%M:%S")
    end = pl.col("dropoff").str.to_datetime("%Y-%m-%d %H:%M:%S")
    minutes = (end - start).dt.total_seconds() / 60
    return raw.select(
        start.dt.hour().alias("hour"), start.dt.weekday().alias("weekday"),
        start.dt.day().alias("day"), minutes.alias("minutes"),
        (pl.col("distance") / minutes.clip(1)).alias("speed"),
        (pl.col("fare") / pl.col("distance").clip(0.1)).alias("fare_a_mile"),
        "passengers", "distance", "fare", "tolls", category("color"),
        category("payment"), category("pickup_zone"), category("dropoff_zone"),
        category("pickup_borough"), category("dropoff_borough"),
    )  # fmt: skip


def telco(raw: pl.DataFrame) -> pl.DataFrame:
    total = pl.col("TotalCharges").cast(pl.String).str.strip_chars()
    total = total.cast(pl.Float64, strict=False)
    numbers = ("customerID", "tenure", "MonthlyCharges", "TotalCharges", "Churn")
    words = [c for c in raw.columns if c not in numbers]
    return raw.select(
        *(category(c) for c in words), "tenure", "MonthlyCharges",
        total.alias("total"),
        (total / pl.col("tenure").clip(1) - pl.col("MonthlyCharges")).alias("rise"),
    )  # fmt: skip


def star_wars(raw: pl.DataFrame) -> pl.DataFrame:
    # The name of a column is split over two header rows.
    columns = []
    for name in raw.columns[1:]:
        if name == _FAN:
            continue
        column = pl.col(name)
        if raw[name].dtype.is_numeric():
            columns.append(column)
        elif raw[name].n_unique() <= 2 and raw[name].null_count():
            columns.append(column.is_not_null().alias(name))  # a box that was ticked
        else:
            columns.append(category(name))
    return raw.select(columns)


def electricity(raw: pl.DataFrame) -> pl.DataFrame:
    when = pl.col("DateTime").str.to_datetime("%d/%m/%Y %H:%M")
    numbers = [
        "HolidayFlag", "DayOfWeek", "WeekOfYear", "Month", "PeriodOfDay",
        "ForecastWindProduction", "SystemLoadEA", "SMPEA", "ORKTemperature",
        "ORKWindspeed", "CO2Intensity", "ActualWindProduction", "SystemLoadEP2",
    ]  # fmt: skip
    cast = {n: pl.col(n).cast(pl.Float64, strict=False) for n in numbers}
    load, wind = cast["SystemLoadEP2"], cast["ActualWindProduction"]
    return raw.select(
        *cast.values(), category("Holiday"), when.dt.ordinal_day().alias("day_of_year"),
        (load - wind).alias("net_load"),
        (load / cast["SystemLoadEA"]).alias("surprise"),
    )  # fmt: skip


_FAN = "Do you consider yourself to be a fan of the Star Wars film franchise?"

FILES = {
    "titanic": File("titanic_passengers", "Survived", "roc_auc", titanic),
    "airbnb": File("airbnb_listings", "price", "mae", airbnb),
    "flights": File(
        "nyc_flights_2013", "arr_delay", "rmse", flights,
        ("dep_time", "dep_delay", "arr_time", "air_time", "hour", "minute"),
    ),
    "taxi": File("nyc_taxi_rides", "tip", "rmse", taxi, ("total",)),
    "telco": File("telco_customer_churn", "Churn", "roc_auc", telco, positive="Yes"),
    "bengaluru": File("bengaluru_house_listings", "price", "mae", bengaluru),
    "star_wars": File("star_wars_survey", _FAN, "roc_auc", star_wars, positive="Yes"),
    "electricity": File(
        "irish_electricity_prices", "SMPEP2", "mae", electricity,
        time_column="DateTime",
    ),
}  # fmt: skip


def split(file: File, raw: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return training and test rows of the rows with a target."""
    known = raw[file.target].is_not_null().arg_true().to_numpy()
    n_test = int(TEST_SHARE * known.size)
    if file.time_column is not None:
        return known[:-n_test], known[-n_test:]  # the file is in order of time
    shuffled = np.random.default_rng(0).permutation(known)
    return np.sort(shuffled[n_test:]), np.sort(shuffled[:n_test])


def target_of(file: File, raw: pl.DataFrame) -> np.ndarray:
    column = raw[file.target]
    if file.positive:
        return (column == file.positive).fill_null(value=False).to_numpy().astype(float)
    return column.cast(pl.Float64, strict=False).to_numpy()


def judge(metric: str, y: np.ndarray, prediction: np.ndarray) -> float:
    if metric == "roc_auc":
        return float(roc_auc_score(y, prediction))
    if metric == "mae":
        return float(mean_absolute_error(y, prediction))
    return float(np.sqrt(mean_squared_error(y, prediction)))


def by_hand(file: File, raw: pl.DataFrame) -> float:
    """Return the held-out score of the analyst's pipeline."""
    # As numbers, a missing answer is NaN; pandas would make objects of yes, no, none.
    X = file.by_hand(raw).with_columns(cs.boolean().cast(pl.Float64)).to_pandas()
    X.columns = [f"x{i}" for i in range(X.shape[1])]  # LightGBM refuses some names
    y = target_of(file, raw)
    train, test = split(file, raw)
    classes = file.metric == "roc_auc"
    random = np.random.default_rng(0)
    if file.time_column is not None:
        folds = TimeSeriesSplit(5)
    elif classes:
        folds = StratifiedKFold(5, shuffle=True, random_state=0)
    else:
        folds = KFold(5, shuffle=True, random_state=0)
    cuts = list(folds.split(train, y[train] if classes else None))
    objective = {"roc_auc": "binary", "mae": "l1", "rmse": "l2"}[file.metric]
    # Else LightGBM refuses a smaller min_data_in_leaf after a larger one.
    kept = {"feature_pre_filter": False, "verbosity": -1}
    data = lgb.Dataset(X.iloc[train], y[train], params=kept, free_raw_data=False)
    best = (np.inf, {}, 0)
    for _ in range(N_DRAWS):
        drawn = {
            "objective": objective,
            "metric": {"roc_auc": "auc", "mae": "l1", "rmse": "rmse"}[file.metric],
            "learning_rate": 0.05,
            "num_leaves": int(random.integers(4, 128)),
            "min_data_in_leaf": int(10 ** random.uniform(0.5, 2.3)),
            "feature_fraction": random.uniform(0.4, 1.0),
            "bagging_fraction": random.uniform(0.5, 1.0),
            "bagging_freq": 1,
            "lambda_l2": 10 ** random.uniform(-2, 1.5),
            "cat_smooth": 10 ** random.uniform(0, 2),
            "num_threads": 2,
            "feature_pre_filter": False,
            "verbosity": -1,
            "seed": 0,
        }
        curves = lgb.cv(
            drawn,
            data,
            3_000,
            folds=cuts,
            callbacks=[lgb.early_stopping(50, verbose=False)],
        )
        (curve,) = [v for k, v in curves.items() if k.endswith("-mean")]
        loss = -curve[-1] if classes else curve[-1]
        if loss < best[0]:
            best = (loss, drawn, len(curve))
    booster = lgb.train(best[1], data, int(best[2] * 1.1))
    return judge(file.metric, y[test], booster.predict(X.iloc[test]))


def with_headstart(file: File, raw: pl.DataFrame, time_limit: float) -> dict:
    """Return the held-out score of the command, and its findings on the table."""
    train, test = split(file, raw)
    y = target_of(file, raw)
    with tempfile.TemporaryDirectory(prefix="headstart-messy-") as folder:
        place = Path(folder)
        raw[train].write_csv(place / "train.csv")
        raw[test].drop(file.target).write_csv(place / "test.csv")
        command = [sys.executable, "-m", "headstart"]
        options = [f"--column={name}=identifier" for name in file.not_known]
        if file.time_column is not None:
            options += ["--time-column", file.time_column]
        began = time.monotonic()
        subprocess.run(
            [*command, "train", "train.csv", "-t", file.target, "-o", "m.headstart",
             "--metric", file.metric, "--time-limit", str(time_limit),
             "--random-state", "0", "--quiet", *options],
            cwd=place, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        seconds = time.monotonic() - began
        import headstart

        model = headstart.load(place / "m.headstart")
        rows = headstart.read_table(place / "test.csv")
        if file.metric == "roc_auc":
            place_of = [str(c) for c in model.classes_].index(file.positive or "1")
            prediction = model.predict_proba(rows)[:, place_of]
        else:
            prediction = model.predict(rows)
    return {"score": judge(file.metric, y[test], prediction), "seconds": seconds}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--time-limit", type=float, default=120)
    parser.add_argument("--files", default=",".join(FILES))
    options = parser.parse_args()
    CACHE.mkdir(parents=True, exist_ok=True)
    rows = []
    for name in options.files.split(","):
        file = FILES[name]
        raw = read_table(options.folder / f"{file.name}.csv")
        cells = {
            f"{name}-by-hand": lambda f=file, r=raw: {"score": by_hand(f, r)},
            f"{name}-headstart-{options.time_limit:g}s": lambda f=file, r=raw: (
                with_headstart(f, r, options.time_limit)
            ),
        }
        scores = []
        for key, compute in cells.items():
            path = CACHE / f"{key}.json"
            if not path.exists():
                path.write_text(json.dumps(compute()))
            scores.append(json.loads(path.read_text())["score"])
        hand, ours = scores
        gain = ours / hand - 1 if file.metric == "roc_auc" else hand / ours - 1
        rows.append(
            f"| {name} | {file.metric} | {hand:.4f} | {ours:.4f} | {gain:+.1%} |"
        )
        print(rows[-1], flush=True)
    if len(rows) == len(FILES):
        head = [
            f"# Messy files: headstart at {options.time_limit:g} s, and by hand",
            "",
            "Held-out scores. Gain: above 0 % headstart is better.",
            "",
            "| file | metric | by hand, tuned LightGBM | headstart | gain |",
            "|---|---|---|---|---|",
        ]
        table = HERE / "results" / f"messy-{options.time_limit:g}s.md"
        table.write_text("\n".join([*head, *rows, ""]))


if __name__ == "__main__":
    main()
