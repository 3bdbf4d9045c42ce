"""The settings of an old file besides its space: metric, budget, algorithm, machine, data and training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evonas.config.imports.ctlearn_genes import Genes
from evonas.config.imports.expressions import names_in
from evonas.config.imports.losses import Losses
from evonas.config.imports.old_file import GENERAL, METHODS, MODEL, OldFile
from evonas.config.imports.spreads import bounds, constant, options
from evonas.config.imports.writing import Noted
from evonas.errors import ConfigError, nearest

__all__ = ["data_of", "evaluation_of", "evolution_of", "is_stereo", "seed_of", "tell_unknown", "training_of"]

_METRICS = {
    "auc": "auc",
    "acc": "accuracy",
    "accuracy": "accuracy",
    "acc_gamma": "accuracy_signal",
    "accuracy_gamma": "accuracy_signal",
    "acc_proton": "accuracy_background",
    "accuracy_proton": "accuracy_background",
    "loss": "cross_entropy",
    "log_loss": "cross_entropy",
    "f1": "f1",
}
_ALGORITHMS = ("tree_parzen_estimators", "random_search", "gaussian_processes", "genetic_algorithm")
_TELESCOPES = {
    "LST:LSTCam": "LST_LST_LSTCam",
    "MST:NectarCam": "MST_MST_NectarCam",
    "MST:FlashCam": "MST_MST_FlashCam",
    "SCT:SCTCam": "MST_SCT_SCTCam",
    "SST:DigiCam": "SST_1M_DigiCam",
    "SST:ASTRICam": "SST_ASTRI_ASTRICam",
    "SST:CHEC": "SST_ASTRI_CHEC",
}
_GENERAL_KEYS = (
    "num_cpus",
    "num_gpus",
    "num_gpus_per_trial",
    "num_cpus_per_trial",
    "num_parallel_trials",
    "optimization_type",
    "mode",
    "working_directory",
    "ctlearn_config",
    "n_initial_points",
    "num_max_evals",
    "random_state",
    "remove_training_folders",
    "reload_trials",
    "reload_optimization_results",
    "predict",
    "data_set_to_optimize",
    "metrics_val_to_log",
    "metrics_pred_to_log",
    "metric_to_optimize",
    "user_defined_metric_val",
    "user_defined_metric_pred",
)
_MODEL_KEYS = (
    "seed",
    "num_training_steps_per_validation",
    "num_validations",
    "example_type",
    "model",
    "sorting",
    "min_num_tels",
    "selected_tel_types",
    "training_file_list",
    "prediction_file_list",
    "batch_size",
    "model_directory",
    "validation_split",
)
_WITHOUT_USE = {
    "working_directory": "the folder of a run is given to `evonas evolve --run-dir`",
    "ctlearn_config": "CTLearn's own file is not read; image mapping and channels go under data.options",
    "reload_trials": "a run goes on with `evonas evolve RUN --resume`",
    "remove_training_folders": "the trained weights of the best are kept: training.keep_weights",
    "metrics_pred_to_log": "test values come from `evonas evaluate`, with all metrics",
}


def is_stereo(old: OldFile) -> bool:
    """Return whether the old file trained the stereo network."""
    return old.section(MODEL).get("model") == "cnn_rnn"


def seed_of(old: OldFile) -> int | None:
    """Return the seed of the search, None where there was none."""
    seed = old.section(GENERAL).get("random_state")
    return seed if type(seed) is int and seed >= 0 else None


def evolution_of(old: OldFile, losses: Losses) -> dict[str, Any]:
    """Return the section ``evolution``."""
    general, model = old.section(GENERAL), old.section(MODEL)
    section: dict[str, Any] = {"objectives": _objectives(old, losses)}
    section["evaluations"] = Noted(_whole(old, GENERAL, "num_max_evals"), "num_max_evals")
    section |= _algorithm(old, losses)
    steps, validations = model.get("num_training_steps_per_validation"), model.get("num_validations")
    if validations is not None:
        section["epochs"] = Noted(_whole(old, MODEL, "num_validations"), "num_validations: one validation an epoch")
    if steps is not None:
        why = (
            f"an epoch sees every training event once; the old one was {steps} steps of "
            f"{model.get('batch_size', '?')} images: set evolution.epochs by the size of your data"
        )
        losses.add((MODEL, "num_training_steps_per_validation"), why, value=steps)
    if general.get("data_set_to_optimize") == "prediction":
        why = "the search chooses on the validation part; the test part is for `evonas evaluate`"
        losses.add((GENERAL, "data_set_to_optimize"), why, value="prediction")
    return section


def _objectives(old: OldFile, losses: Losses) -> list[Any]:
    general = old.section(GENERAL)
    name, mode = str(general["metric_to_optimize"]), general.get("mode") or "max"
    path = (GENERAL, "metric_to_optimize")
    if mode not in ("max", "min"):
        line = old.document.line((GENERAL, "mode"))
        key, expected = f"{GENERAL}.mode", "`max` or `min`"
        raise ConfigError("no direction", file=old.document.file, line=line, key=key, got=mode, expected=expected)
    for key in ("user_defined_metric_val", "user_defined_metric_pred"):
        own = general.get(key)
        if not isinstance(own, Mapping):
            continue
        expression = str(own.get("expression", ""))
        if own.get("label") != name:
            losses.add((GENERAL, key), "no text is evaluated as code; it was not the objective", value=expression)
            continue
        parts = list(dict.fromkeys(_METRICS[part] for part in names_in(expression) if part in _METRICS))
        parts = parts or ["auc"]
        why = f"no text is evaluated as code; its parts are objectives side by side instead: {', '.join(parts)}"
        losses.add((GENERAL, key, "expression"), why, value=expression)
        return parts
    if name not in _METRICS:
        losses.add(path, "this metric has no counterpart on the validation part; `auc` stands in its place", value=name)
    metric = _METRICS.get(name, "auc")
    return [{"metric": metric, "direction": mode}]


def _algorithm(old: OldFile, losses: Losses) -> dict[str, Any]:
    kind = str(old.section(GENERAL).get("optimization_type", "tree_parzen_estimators"))
    path = (GENERAL, "optimization_type")
    if kind not in _ALGORITHMS:
        close = nearest(kind, _ALGORITHMS)
        raise ConfigError(
            "unknown algorithm",
            file=old.document.file,
            line=old.document.line(path),
            key=".".join(path),
            got=kind,
            expected=f"one of {', '.join(_ALGORITHMS)}",
            hint=f"did you mean `{close}`?" if close else None,
        )
    section: dict[str, Any] = {}
    methods = old.section(METHODS)
    if kind == "genetic_algorithm":
        settings = methods.get("genetic_algorithm_config") or {}
        for ours, theirs in (("generations", "max_generation"), ("population", "population_size")):
            if type(settings.get(theirs)) is int:
                section[ours] = Noted(max(2 if ours == "population" else 1, settings[theirs]), theirs)
        ignored = [name for name in settings if name not in ("max_generation", "population_size")]
        used = "genetic_algorithm_config"
    else:
        losses.add(path, "the search is by evolution; its settings are under `evolution`", value=kind)
        used = f"{kind}_config"
        ignored = list(methods.get(used) or {})
        points = old.section(GENERAL).get("n_initial_points")
        if type(points) is int and points >= 1 and kind != "random_search":
            section["founders"] = Noted(points, "n_initial_points: spread over the whole space before evolution")
    for name in ignored:
        losses.add((METHODS, used, name), "evolution has no such setting", value=methods[used][name])
    for other in methods:
        if other != used:
            losses.add((METHODS, other), f"the tool did not use it with {kind}")
    return section


def evaluation_of(old: OldFile, losses: Losses) -> dict[str, Any]:
    """Return the section ``evaluation``: trainings at once and threads."""
    general = old.section(GENERAL)
    gpus, trials, threads = (general.get(key) for key in ("num_gpus", "num_parallel_trials", "num_cpus_per_trial"))
    section: dict[str, Any] = {"devices": Noted("auto", f"all GPUs there are, else the CPU (num_gpus was {gpus})")}
    if type(trials) is int and trials >= 1:
        devices = max(1, gpus) if type(gpus) is int else 1
        if trials % devices == 0:
            section["slots"] = Noted(trials // devices, f"on each device: num_parallel_trials was {trials}")
        else:
            why = f"{trials} trainings do not share out evenly over {devices} devices; every device takes its share"
            losses.add((GENERAL, "num_parallel_trials"), why, value=trials)
    if type(threads) is int and threads >= 1:
        section["threads"] = Noted(threads, "num_cpus_per_trial")
    return section


def training_of(genes: Genes) -> dict[str, Any]:
    """Return the section ``training``: further metrics and class weights."""
    general = genes.old.section(GENERAL)
    logged = general.get("metrics_val_to_log") or []
    names = list(dict.fromkeys(_METRICS[name] for name in map(str, logged) if name in _METRICS)) or ["accuracy"]
    section: dict[str, Any] = {"metrics": Noted(names, "computed beside the objective")}
    own = general.get("user_defined_metric_val")
    label = own.get("label") if isinstance(own, Mapping) else None
    for name in map(str, logged):
        if name not in _METRICS and name != label:
            why = "there is no such metric here"
            genes.losses.add((GENERAL, "metrics_val_to_log"), why, value=name)
    weights = genes.label("class_weights")
    spec = True if weights is None else genes.spec(weights, whole=False)
    if weights is not None and (not constant(spec) or not isinstance(spec, bool)):
        why = "whether classes are weighed is a setting of the training and does not evolve"
        genes.losses.add(genes.old.path(weights), why, value=options(spec))
        spec = True
    note = "CTLearn's default (apply_class_weights)" if weights is None else "apply_class_weights"
    section["class_weights"] = Noted("balanced" if spec else "none", note)
    return section


def data_of(genes: Genes, *, stereo: bool) -> dict[str, Any]:
    """Return the section ``data``; files are named by placeholders, because the old lists hold files of old formats."""
    model = genes.old.section(MODEL)
    data: dict[str, Any] = {
        "signal": Noted(["gamma_*.dl1.h5"], "TO FILL IN: files, folders or patterns"),
        "background": Noted(["proton_*.dl1.h5"], "TO FILL IN"),
        "tasks": Noted(["type"], "gamma or hadron"),
        "mode": Noted("stereo" if stereo else "mono", f"example_type: {model.get('example_type', 'single_tel')}"),
    }
    telescope = _telescope(genes)
    if telescope is not None:
        data["telescope_type"] = telescope
    data["channels"] = Noted(["image"], "charge alone, as CTLearn read it in 2019; peak_time is there, too")
    if stereo:
        least = model.get("min_num_tels")
        if type(least) is int and least > 1:
            data["min_telescopes"] = Noted(least, "min_num_tels")
        if model.get("sorting") == "size":
            data["sort_by_size"] = Noted(True, "sorting: size")
        elif model.get("sorting") == "trigger":
            why = "telescopes stand in the order of their numbers, or of their size"
            genes.losses.add((MODEL, "sorting"), why, value="trigger")
    for key in ("training_file_list", "prediction_file_list"):
        if model.get(key) is not None:
            why = "CTLearn's files of 2019 cannot be read today: name DL1 files under data.options, where the split \
is made of one set of files"
            genes.losses.add((MODEL, key), why, value=model[key])
    return {"source": "ctlearn", "options": data, "split": _split(genes)}


def _telescope(genes: Genes) -> Noted | None:
    path, types = (MODEL, "selected_tel_types"), genes.old.section(MODEL).get("selected_tel_types")
    names = [str(name) for name in types] if isinstance(types, list) else [str(types)] if types else []
    if not names:
        return None
    if len(names) > 1:
        why = f"one network for each telescope type: here {names[0]}; `evonas study` goes through several"
        genes.losses.add(path, why, value=names)
    if names[0] not in _TELESCOPES:
        genes.losses.add(path, "ctapipe has no such telescope: give data.options.telescope_type", value=names[0])
        return None
    return Noted(_TELESCOPES[names[0]], f"{names[0]} in ctapipe's words")


def _split(genes: Genes) -> dict[str, Any]:
    model = genes.old.section(MODEL)
    label = genes.label("validation")
    limits = None if label is None else bounds(genes.spec(label, whole=False))
    share = model.get("validation_split", 0.1) if limits is None else limits[0]
    if label is not None and limits is not None and limits[0] != limits[1]:
        genes.losses.add(genes.old.path(label), "the split does not evolve: all are scored on the same events")
    split: dict[str, Any] = {}
    if isinstance(share, (int, float)) and 0 < share < 1:
        split["validation"] = Noted(share, "validation_split")
        split["test"] = Noted(
            round(min(share, (1 - share) / 2), 4), "kept away from the search; the tool had files of its own for it"
        )
    seed = model.get("seed")
    if type(seed) is int:
        split["seed"] = seed
    return split


def tell_unknown(old: OldFile, losses: Losses) -> None:
    """Tell what has no use here, and keys that the tool did not know either."""
    for section, known in ((GENERAL, _GENERAL_KEYS), (MODEL, _MODEL_KEYS)):
        for key, value in old.section(section).items():
            if section == GENERAL and key in _WITHOUT_USE and value not in (None, False, "None", []):
                losses.add((section, key), _WITHOUT_USE[key], value=value)
            elif key not in known:
                close = nearest(str(key), known)
                meant = f"; `{close}` is meant?" if close else ""
                losses.add((section, key), f"the tool had no such key{meant}", value=value)
    if old.section(MODEL).get("model_directory") is not None:
        why = "the family's own networks are trained"
        losses.add((MODEL, "model_directory"), why, value=old.section(MODEL)["model_directory"])


def _whole(old: OldFile, section: str, key: str) -> int:
    value = old.section(section)[key]
    if type(value) is not int or value < 1:
        raise ConfigError(
            "not a number of evaluations" if section == GENERAL else "not a number of validations",
            file=old.document.file,
            line=old.document.line((section, key)),
            key=f"{section}.{key}",
            got=value,
            expected="a whole number of at least 1",
        )
    return value
