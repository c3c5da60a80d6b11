"""Routes: which document answers a path."""

from . import documents
from .faults import Reply

__all__ = ["answer"]

_INTERFACE = "/api/v1/xml/"
_PAGE_LIMITS = {"evaluation": 10_000, "setup": 1_000}


def answer(content, base, path):
    """Return the reply to a GET of `path`.

    Parameters
    ----------
    content : Content
    base : str
        URL of the server without a path, for links.
    path : str
        Decoded, without a query.
    """
    parts = [part for part in path.split("/") if part]
    if parts[:3] == ["data", "v1", "download"] and len(parts) == 5:
        return _data(content, int(parts[3]))
    if parts[:2] == ["api_splits", "get"] and len(parts) == 4:
        return _splits(content, int(parts[2]))
    if not path.startswith(_INTERFACE):
        return _nothing(path)
    # The client asks for `//setup/5`.
    entity, *rest = parts[3:] or [""]
    if (entity, *rest[:1]) in _LISTINGS:
        listing = _LISTINGS[entity, rest[0]]
        return _within_limits(content, listing, entity, _filters(rest[1:]))
    if [entity, *rest] == ["data", "qualities", "list"]:
        return Reply(documents.qualities_list(content.tables[0].qualities))
    if len(rest) == 2 and (entity, rest[0]) in _PARTS and rest[1].isdigit():
        return _PARTS[entity, rest[0]](content, int(rest[1]))
    if len(rest) == 1 and entity == "study":
        return _study(content, rest[0])
    if len(rest) == 1 and entity in _ENTITIES and rest[0].lstrip("-").isdigit():
        return _ENTITIES[entity](content, base, int(rest[0]))
    return _nothing(path)


def _nothing(path):
    body = f"No such page: {path}".encode()
    return Reply(body, status=404, content_type="text/plain; charset=utf-8")


def _error(code, message):
    return Reply(documents.error_document(code, message), status=412)


def _filters(parts):
    """Return ``limit/5/task/1,2`` as a mapping."""
    return dict(zip(parts[::2], parts[1::2], strict=False))


def _numbers(filters, name):
    """Return the numbers a filter lists, None where it is not given."""
    if name not in filters:
        return None
    return {int(number) for number in filters[name].split(",")}


def _chosen(things, key, numbers):
    return [thing for thing in things if numbers is None or key(thing) in numbers]


def _page(things, filters, overlap=0):
    start = int(filters.get("offset", 0))
    limit = int(filters.get("limit", len(things) or 1))
    start -= min(start, overlap)
    return things[start : start + limit]


def _within_limits(content, listing, entity, filters):
    largest = _PAGE_LIMITS.get(entity)
    if "offset" in filters and "limit" not in filters:
        return _error(545, "Illegal combination: offset without limit")
    if largest and int(filters.get("limit", 0)) > largest:
        return _error(546 if entity == "evaluation" else 676, "Limit too high")
    return listing(content, filters)


def _tasks(content, filters):
    wanted = _chosen(content.tasks, lambda t: t.task_id, _numbers(filters, "task_id"))
    wanted = _chosen(wanted, lambda t: t.task_type_id, _numbers(filters, "type"))
    page = _page(wanted, filters)
    if not page:
        return _error(482, "No results")
    return Reply(documents.task_list(content, page))


def _datasets(content, filters):
    wanted = _chosen(content.tables, lambda t: t.did, _numbers(filters, "data_id"))
    page = _page(wanted, filters)
    return Reply(documents.data_list(page)) if page else _error(372, "No results")


def _evaluations(content, filters):
    function = filters.get("function", "")
    names = {"task", "setup", "flow", "run", "uploader"}
    if not names & set(filters):
        return _error(540, "Please provide at least task, flow or setup")
    flow_of = {s.setup_id: s.flow_id for s in content.setups}
    wanted = [run for run in content.runs if function in run.scores]
    for name, key in (
        ("task", lambda r: r.task_id),
        ("setup", lambda r: r.setup_id),
        ("flow", lambda r: flow_of[r.setup_id]),
        ("run", lambda r: r.run_id),
        ("uploader", lambda r: r.uploader),
    ):
        wanted = _chosen(wanted, key, _numbers(filters, name))
    page = _page(wanted, filters, content.overlap)
    # Even where pages overlap, there is an end.
    if not page or int(filters.get("offset", 0)) >= len(wanted):
        return _error(542, "No results")
    return Reply(documents.evaluation_list(content, page, function))


def _users(content, filters):
    wanted = _numbers(filters, "user_id") or set()
    # As the real one: whoever has left is not listed.
    users = {
        number: content.users[number]
        for number in sorted(wanted)
        if number in content.users
    }
    return Reply(documents.user_list(users))


def _setups(content, filters):
    wanted = _chosen(content.setups, lambda s: s.setup_id, _numbers(filters, "setup"))
    wanted = _chosen(wanted, lambda s: s.flow_id, _numbers(filters, "flow"))
    page = _page(wanted, filters)
    if not page:
        return _error(674, "No results")
    return Reply(documents.setup_list(content, page))


def _procedures(content, filters):
    return Reply(documents.procedure_list())


def _study(content, name):
    for suite in content.suites:
        if name in (str(suite.suite_id), suite.alias):
            return Reply(documents.study_document(content, suite))
    return _error(601, "Unknown study")


def _features(content, did):
    if did not in content.table_of:
        return _error(271, "Unknown dataset")
    return Reply(documents.features_document(content.table_of[did]))


def _qualities(content, did):
    if did not in content.table_of:
        return _error(361, "Unknown dataset")
    return Reply(documents.qualities_document(content.table_of[did]))


def _dataset(content, base, did):
    if did not in content.table_of:
        return _error(111, "Unknown dataset")
    return Reply(documents.dataset_document(base, content.table_of[did]))


def _task(content, base, task_id):
    if task_id not in content.task_of:
        return _error(151, "Unknown task")
    return Reply(documents.task_document(base, content.task_of[task_id]))


def _flow(content, base, flow_id):
    if flow_id not in content.flow_of:
        return _error(181, "Unknown flow")
    return Reply(documents.flow_document(content.flow_of[flow_id]))


def _setup(content, base, setup_id):
    if setup_id not in content.setup_of:
        return _error(281, "Unknown setup")
    return Reply(documents.setup_document(content, content.setup_of[setup_id]))


def _run(content, base, run_id):
    run = next((r for r in content.runs if r.run_id == run_id), None)
    if run is None:
        return _error(236, "Unknown run")
    return Reply(documents.run_document(base, content, run))


def _data(content, file_id):
    table = next((t for t in content.tables if t.file_id == file_id), None)
    if table is None:
        return _nothing(str(file_id))
    return Reply(table.arff, content_type="text/plain; charset=utf-8")


def _splits(content, task_id):
    task = content.task_of.get(task_id)
    if task is None:
        return _nothing(str(task_id))
    body = documents.splits_document(content.table_of[task.did], task)
    return Reply(body, content_type="text/plain; charset=utf-8")


_LISTINGS = {
    ("task", "list"): _tasks,
    ("data", "list"): _datasets,
    ("evaluation", "list"): _evaluations,
    ("user", "list"): _users,
    ("setup", "list"): _setups,
    ("estimationprocedure", "list"): _procedures,
}
_PARTS = {
    ("data", "features"): _features,
    ("data", "qualities"): _qualities,
}
_ENTITIES = {
    "data": _dataset,
    "task": _task,
    "flow": _flow,
    "setup": _setup,
    "run": _run,
}
