"""The XML documents of the interface, in the shape of the real server's templates."""

from xml.sax.saxutils import escape, quoteattr

__all__ = [
    "data_list",
    "dataset_document",
    "error_document",
    "evaluation_list",
    "features_document",
    "flow_document",
    "folds",
    "procedure_list",
    "qualities_document",
    "qualities_list",
    "run_document",
    "setup_document",
    "setup_list",
    "splits_document",
    "study_document",
    "task_document",
    "task_list",
    "user_list",
]

_LISTED = (
    "MajorityClassSize",
    "MinorityClassSize",
    "NumberOfClasses",
    "NumberOfFeatures",
    "NumberOfInstances",
    "NumberOfInstancesWithMissingValues",
    "NumberOfMissingValues",
    "NumberOfNumericFeatures",
    "NumberOfSymbolicFeatures",
)
_PROCEDURES = (
    (1, 1, "10-fold Crossvalidation", "crossvalidation"),
    (7, 2, "10-fold Crossvalidation", "crossvalidation"),
)
_FOLDS = 10


def element(tag, /, *content, **attributes):
    """Return an element; strings that are elements stay, other values are escaped."""
    inner = "".join(c if isinstance(c, _Markup) else escape(str(c)) for c in content)
    listed = "".join(f" {k}={quoteattr(str(v))}" for k, v in attributes.items())
    return _Markup(f"<oml:{tag}{listed}>{inner}</oml:{tag}>\n")


class _Markup(str):
    """Text that is XML already."""

    __slots__ = ()


def _root(name, *content):
    inner = "".join(content)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<oml:{name} xmlns:oml="http://openml.org/openml">\n{inner}</oml:{name}>\n'
    ).encode()


def error_document(code, message):
    return _root("error", element("code", code), element("message", message))


def study_document(content, suite):
    tables = [content.task_of[t].did for t in suite.tasks if t in content.task_of]
    return _root(
        "study",
        element("id", suite.suite_id),
        element("alias", suite.alias),
        element("main_entity_type", "task"),
        element("name", suite.name),
        element("description", "A suite of the test server."),
        element("status", "active"),
        element("creation_date", "2026-11-22 12:00:00"),
        element("creator", 1),
        element("data", *(element("data_id", did) for did in tables)),
        element("tasks", *(element("task_id", task) for task in suite.tasks)),
    )


def _listed_qualities(table):
    return [
        element("quality", value, name=name)
        for name, value in table.qualities.items()
        if name in _LISTED and value is not None
    ]


def task_list(content, tasks):
    return _root(
        "tasks",
        *(
            element(
                "task",
                element("task_id", task.task_id),
                element("task_type_id", task.task_type_id),
                element("task_type", task.task_type),
                element("did", task.did),
                element("name", content.table_of[task.did].name),
                element("status", "active"),
                element("format", "ARFF"),
                element("input", task.procedure, name="estimation_procedure"),
                element("input", task.did, name="source_data"),
                element("input", task.target, name="target_feature"),
                *_listed_qualities(content.table_of[task.did]),
            )
            for task in tasks
        ),
    )


def procedure_list():
    return _root(
        "estimationprocedures",
        *(
            element(
                "estimationprocedure",
                element("id", number),
                element("ttid", kind),
                element("name", name),
                element("type", way),
                element("repeats", 1),
                element("folds", _FOLDS),
            )
            for number, kind, name, way in _PROCEDURES
        ),
    )


def data_list(tables):
    return _root(
        "data",
        *(
            element(
                "dataset",
                element("did", table.did),
                element("name", table.name),
                element("version", 1),
                element("status", "active"),
                element("format", "ARFF"),
                element("file_id", table.file_id),
                *_listed_qualities(table),
            )
            for table in tables
        ),
    )


def qualities_list(names):
    return _root("data_qualities_list", *(element("quality", n) for n in names))


def task_document(base, task):
    url = f"{base}/api_splits/get/{task.task_id}/Task_{task.task_id}_splits.arff"
    stratified = "true" if task.task_type_id == 1 else "false"
    return _root(
        "task",
        element("task_id", task.task_id),
        element("task_name", f"Task {task.task_id}"),
        element("task_type_id", task.task_type_id),
        element("task_type", task.task_type),
        element(
            "input",
            element(
                "data_set",
                element("data_set_id", task.did),
                element("target_feature", task.target),
            ),
            name="source_data",
        ),
        element(
            "input",
            element(
                "estimation_procedure",
                element("id", task.procedure),
                element("type", "crossvalidation"),
                element("data_splits_url", url),
                element("parameter", 1, name="number_repeats"),
                element("parameter", _FOLDS, name="number_folds"),
                element("parameter", stratified, name="stratified_sampling"),
            ),
            name="estimation_procedure",
        ),
    )


def folds(table, task):
    """Return each row's fold of ten: rows in order of the class, dealt in turn."""
    order = list(range(table.n_rows))
    if task.task_type_id == 1:
        values = table.column(task.target).values
        order.sort(key=lambda row: str(values[row]))
    fold_of = [0] * table.n_rows
    for place, row in enumerate(order):
        fold_of[row] = place % _FOLDS
    return fold_of


def splits_document(table, task):
    """Return the folds as the ARFF that a task links to."""
    fold_of = folds(table, task)
    lines = [
        f"@RELATION splits_{task.task_id}",
        "@ATTRIBUTE type {TRAIN,TEST}",
        "@ATTRIBUTE rowid INTEGER",
        "@ATTRIBUTE repeat INTEGER",
        "@ATTRIBUTE fold INTEGER",
        "@DATA",
    ]
    for fold in range(_FOLDS):
        for row in range(table.n_rows):
            part = "TEST" if fold_of[row] == fold else "TRAIN"
            lines.append(f"{part},{row},0,{fold}")
    return ("\n".join(lines) + "\n").encode()


def dataset_document(base, table):
    url = f"{base}/data/v1/download/{table.file_id}/dataset.arff"
    return _root(
        "data_set_description",
        element("id", table.did),
        element("name", table.name),
        element("version", 1),
        element("description", table.description),
        element("description_version", 1),
        element("format", "ARFF"),
        element("upload_date", "2026-11-22T12:00:00"),
        element("licence", table.licence),
        element("url", url),
        # As the real one has it for every dataset; there is nothing behind it.
        element("parquet_url", f"{base}/parquet/dataset_{table.did}.pq"),
        element("file_id", table.file_id),
        element("default_target_attribute", table.target),
        *(element("ignore_attribute", name) for name in table.ignored),
        element("status", "active"),
        element("md5_checksum", table.md5),
    )


def features_document(table):
    return _root(
        "data_features",
        *(
            element(
                "feature",
                element("index", index),
                element("name", column.name),
                element("data_type", column.kind),
                *(element("nominal_value", level) for level in column.levels),
                element("is_target", str(column.name == table.target).lower()),
                element("is_ignore", str(column.name in table.ignored).lower()),
                element("is_row_identifier", "false"),
                element("number_of_missing_values", column.n_missing),
            )
            for index, column in enumerate(table.columns)
        ),
    )


def qualities_document(table):
    return _root(
        "data_qualities",
        *(
            element(
                "quality",
                element("name", name),
                element("value", "" if value is None else value),
            )
            for name, value in table.qualities.items()
        ),
    )


def evaluation_list(content, runs, function):
    return _root("evaluations", *(_evaluation(content, r, function) for r in runs))


def _evaluation(content, run, function):
    task = content.task_of[run.task_id]
    flow = content.flow_of[content.setup_of[run.setup_id].flow_id]
    return element(
        "evaluation",
        element("run_id", run.run_id),
        element("uploader", run.uploader),
        element("task_id", run.task_id),
        element("setup_id", run.setup_id),
        element("flow_id", flow.flow_id),
        element("flow_name", f"{flow.name}(1)"),
        element("data_id", task.did),
        element("data_name", content.table_of[task.did].name),
        element("evaluation_engine_id", 1),
        element("function", function),
        element("upload_time", run.upload_time),
        element("value", run.scores[function]),
    )


def user_list(users):
    return _root(
        "users",
        *(
            element("user", element("id", number), element("username", name))
            for number, name in users.items()
        ),
    )


def setup_list(content, setups):
    return _root(
        "setups", *(element("setup", *_setup(content, setup)) for setup in setups)
    )


def setup_document(content, setup):
    return _root("setup_parameters", *_setup(content, setup))


def _setup(content, setup):
    flow = content.flow_of[setup.flow_id]
    yield element("setup_id", setup.setup_id)
    yield element("flow_id", flow.flow_id)
    for name, value in setup.values.items():
        yield element(
            "parameter",
            element("id", flow.parameter_ids[name]),
            element("flow_id", flow.flow_id),
            element("flow_name", flow.component),
            element("full_name", f"{flow.component}(1)_{name}"),
            element("parameter_name", name),
            element("data_type", "string"),
            element("default_value", flow.defaults[name]),
            element("value", value),
        )


def flow_document(flow):
    return _root(
        "flow",
        element("id", flow.flow_id),
        element("uploader", 1),
        element("name", flow.name),
        element("version", 1),
        element("external_version", flow.external_version),
        element("description", "A flow of the test server."),
        element("upload_date", "2026-11-22T12:00:00"),
        element("language", "English"),
        element("dependencies", flow.external_version),
        *(
            element(
                "parameter",
                element("name", name),
                element("data_type", "string"),
                element("default_value", value),
                element("description", name),
            )
            for name, value in flow.defaults.items()
        ),
    )


def run_document(base, content, run):
    task = content.task_of[run.task_id]
    table = content.table_of[task.did]
    flow = content.flow_of[content.setup_of[run.setup_id].flow_id]
    url = f"{base}/data/v1/download/{table.file_id}/dataset.arff"
    return _root(
        "run",
        element("run_id", run.run_id),
        element("uploader", run.uploader),
        element("uploader_name", content.users.get(run.uploader, "")),
        element("task_id", run.task_id),
        element("task_type", task.task_type),
        element("flow_id", flow.flow_id),
        element("flow_name", f"{flow.name}(1)"),
        element("setup_id", run.setup_id),
        element("setup_string", flow.name),
        *(
            element(
                "parameter_setting",
                element("name", name),
                element("value", value),
                element("component", flow.flow_id),
            )
            for name, value in content.setup_of[run.setup_id].values.items()
        ),
        element(
            "input_data",
            element(
                "dataset",
                element("did", table.did),
                element("name", table.name),
                element("url", url),
            ),
        ),
        element(
            "output_data",
            *(
                element(
                    "file",
                    element("did", -1),
                    element("file_id", run.run_id),
                    element("name", name),
                    element("url", f"{base}/data/v1/download/{run.run_id}/{name}"),
                )
                for name in ("description", "predictions")
            ),
            *(
                element("evaluation", element("name", name), element("value", value))
                for name, value in run.scores.items()
            ),
        ),
    )
