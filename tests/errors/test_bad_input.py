"""Each mistake on the command line: exit code 2, one clear message, nothing written or run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import Command

CAC = "params.public_tap.cac_base_eur"
VAR = f"design.variables.{CAC}"
OFFER = "params.public_tap.pricing.offer"

# words after the engine; what the message must hold, in this order
TAPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "unknown parameter": (
        "params.public_tap.cac_base=40",
        ("params.public_tap.cac_base: unknown parameter", "did you mean cac_base_eur?"),
    ),
    "unknown scope": ("params.publik_tap.x=1", ("params.publik_tap", "did you mean public_tap?")),
    "unknown root key": ("zzz=3", ("zzz: unknown key", "known here: study, seed")),
    "setting without its beginning": ("replicates=3", ("did you mean design.replicates or",)),
    "parameter without its beginning": (
        "public_tap.cac_base_eur=40",
        ("public_tap: unknown key; did you mean params.public_tap.cac_base_eur?",),
    ),
    "parameter without its middle": (
        "params.cac_base_eur=40",
        ("params.cac_base_eur: unknown parameter; did you mean", "tap.cac_base_eur"),
    ),
    "axis without its beginning": (
        "public_tap.cac_base_eur=40,50",
        ("cannot differ between cells; did you mean params.public_tap.cac_base_eur?",),
    ),
    "unknown design key": ("design.replicate=3", ("design.replicate", "did you mean replicates?")),
    "text for a number": (f"{CAC}=abc", (f"{CAC} = abc: must be a number",)),
    "number as text": (f"{CAC}='40'", (f"{CAC} = '40': must be a number",)),
    "below its bound": (f"{CAC}=-1", (f"{CAC} = -1: must be >= 0.01 EUR",)),
    "above its bound": (f"{CAC}=9{'0' * 60}", (f"{CAC} = 9000", "must be <= 1e+12 EUR")),
    "not a number": (f"{CAC}=nan", (f"{CAC} = nan: must be a finite number",)),
    "infinite": (f"{CAC}=1e400", (f"{CAC} = inf: must be a finite number",)),
    "switch for a number": (f"{CAC}=true", (f"{CAC} = true: must be a number",)),
    "null for a number": (f"{CAC}=null", (f"{CAC} = null: must not be null",)),
    "list for a number": (f"{CAC}=[1,2]", (f"{CAC} = [1, 2]: must be a number",)),
    "mapping for a number": (f"{CAC}={{a:1}}", (f"{CAC} = {{a: 1}}: must be a number",)),
    "below a value": (f"{CAC}.x=1", (f"{CAC}.x lies below a single value",)),
    "no value": ("params.public_tap", ("'params.public_tap': is not an override",)),
    "no key": ("=2", ("'=2': is not an override", "the key before = is missing")),
    "open bracket": (f"{CAC}=[1", (f"'{CAC}=[1': is not an override",)),
    "spaces": (f"{CAC} = 2", ("is not an override such as key=value",)),
    "params null": ("params=null", ("params = null: must be a mapping",)),
    "params null below an axis": (
        f"params=null design.grid.{CAC}.x=1",
        (f"design.grid.{CAC}.x = {{x: 1}}: ", "params = null: must be a mapping"),
    ),
    "params list": ("params=[1]", ("params = [1]: must be a mapping",)),
    "design null": ("design=null", ("design = null: must be a mapping",)),
    "design list": ("design=[1]", ("design = [1]: must be a mapping",)),
    "study list": ("study=[1]", ("study = [1]: must be a mapping",)),
    "execution text": ("execution={a:1}", ("execution = {a: 1}: is no option of execution",)),
    "grid list": ("design.grid=[horizon]", ("design.grid = [horizon]: must be a mapping",)),
    "grid false": ("design.grid=false", ("design.grid = false: must be a mapping",)),
    "arms list": ("design.arms=[a,b]", ("design.arms = [a, b]: must be a mapping from arm names",)),
    "arm a number": ("design.arms={a:1}", ("design.arms.a = 1: must be a mapping of overrides",)),
    "arm a list": ("design.arms={a:[1]}", ("design.arms.a = [1]: must be a mapping",)),
    "variables list": ("design.variables=[1]", ("design.variables = [1]: must be a mapping",)),
    "variable a number": (f"{VAR}=5", (f"{VAR} = 5: must be a mapping such as {{treatment:",)),
    "exclude mapping": (
        "design.exclude={horizon:12}",
        ("design.exclude = {horizon: 12}: must be a list",),
    ),
    "exclude of numbers": ("design.exclude=[1]", ("design.exclude[0] = 1: must map axes",)),
    "seed null": ("seed=null", ("seed = null: must not be null",)),
    "seed negative": ("seed=-1", ("seed = -1: must be >= 0",)),
    "seed text": ("seed=abc", ("seed = abc: must be a whole number",)),
    "seed a fraction": ("seed=1.5", ("seed = 1.5: must be a whole number",)),
    "horizon 0": ("horizon=0", ("horizon = 0: must be a whole number of months from 1 to 600",)),
    "horizon far": ("horizon=601", ("horizon = 601: must be a whole number of months",)),
    "horizon a fraction": ("horizon=12.5", ("horizon = 12.5: must be a whole number of months",)),
    "horizon level": ("horizon=12,601", ("design.grid.horizon = 601: must be a whole number",)),
    "unknown table": ("collect=[cohort]", ("collect = cohort: is no table of taps", "cohorts?")),
    "collect text": ("collect=some", ("collect = some: must be auto, metrics, all or a list",)),
    "collect nested": ("collect=[[cohorts]]", ("collect = [cohorts]: is no table of taps",)),
    "no replicates": ("design.replicates=0", ("design.replicates = 0: must be >= 1",)),
    "half a replicate": ("design.replicates=1.5", ("replicates = 1.5: must be a whole number",)),
    "replicates swept": ("design.replicates=1,2", ("design.replicates cannot differ between",)),
    "no workers": ("execution.n_jobs=0", ("execution.n_jobs = 0: must be -1", "or >= 1")),
    "unknown backend": ("execution.backend=ray", ("backend = ray: must be one of loky, thr",)),
    "unknown group option": ("execution=fast", ("execution = fast: is no option", "sequential")),
    "unknown seeding": ("seeding=percell", ("seeding = percell: is no option", "per_cell?")),
    "unknown generator": ("draws.generator=mixr", ("draws.generator = mixr", "mixer?")),
    "hydra key": ("hydra.run.dir=x", ("hydra.run.dir=x: hydra.* and _target_ cannot be set",)),
    "hydra group": ("hydra/launcher=joblib", ("hydra/launcher=joblib: hydra.* and _target_",)),
    "target": ("params._target_=os.system", ("params._target_=os.system: hydra.* and _target_",)),
    "hidden target": ("params.public_tap={_target_:x}", ("params.public_tap._target_: ",)),
    "name escapes": ("study.name=../x", ("study.name = '../x': must be letters, digits, _ and -",)),
    "name a number": ("study.name=1", ("study.name = 1: must be text",)),
    "name empty": ("study.name=", ("study.name = '': must be letters",)),
    "delete the unset": ("~params.public_tap.x", ("nothing to delete: params.public_tap.x is",)),
    "delete a group": ("~seeding", ("~seeding: seeding is a group: choose options",)),
    "interpolation to nowhere": (f"{CAC}=${{params.nope}}", (CAC, "'params.nope' not found")),
    "interpolation in a circle": (f"{CAC}=${{{CAC}}}", (CAC, "Recursive interpolation")),
    "engine as axis": ("design.grid.engine=[taps]", ("engine cannot be an axis: run one study",)),
    "study as axis": ("design.grid.sweeps=[taps_plan]", ("sweeps cannot be an axis",)),
    "no levels": (f"design.grid.{CAC}=[]", (f"design.grid.{CAC} = []: needs at least one level",)),
    "levels repeat": (f"{CAC}=40,50,50", (f"design.grid.{CAC} = [40, 50, 50]: levels must not",)),
    "1 and 1.0": (f"{CAC}=40,40.0", (f"design.grid.{CAC} = [40, 40.0]: levels must not repeat",)),
    "0 and -0": ("params.public_tap.budget_growth_pct_mom=0.0,-0.0", ("levels must not repeat",)),
    "mapping levels": (
        "params.public_tap={cac_base_eur:40},{cac_base_eur:50}",
        ("design.grid.params.public_tap = {cac_base_eur: 40}: is no level", "name the parameter"),
    ),
    "unknown axis": ("params.public_tap.cac=1,2", ("design.grid.params.public_tap.cac: unknown",)),
    "arm as axis": ("design.grid.arm=[a,b]", ("design.grid.arm: arm cannot differ between",)),
    "text level": (f"{CAC}=40,x", (f"design.grid.{CAC} = x: must be a number",)),
    "random order": (f"{CAC}=shuffle(1,2)", ("shuffle() is random; list the levels in the order",)),
    "step of 0": (f"{CAC}=range(1,5,0)", ("range(start, stop, step) needs", "other than 0")),
    "endless range": (f"{CAC}=range(1,1e15,1)", ("levels; at most 1,000,000 can be listed",)),
    "glob of values": (f"{CAC}=glob(*)", ("glob() works on configuration groups",)),
    "max_cells": (
        f"{CAC}=40,50,60 horizon=12,18 design.max_cells=5",
        (f"design.grid = 6 cells ({CAC} 3 x horizon 2): must be at most design.max_cells = 5",),
    ),
    "excluded level": (
        "horizon=12,18 design.exclude=[{horizon:13}]",
        ("design.exclude[0].horizon = 13: is not a level: 12, 18",),
    ),
    "excluded axis": (
        "horizon=12,18 design.exclude=[{mix:a}]",
        ("design.exclude[0].mix: is not an axis of this study: horizon",),
    ),
    "all excluded": (
        "horizon=12,18 design.exclude=[{horizon:12},{horizon:18}]",
        ("design.exclude: leaves no cell to run",),
    ),
    "lone control": (
        "design.arms={control:{}}",
        ("design.arms: needs an arm besides the control",),
    ),
    "control misspelt": (
        f"design.arms={{short:{{{CAC}:40}}}} design.control=shrt",
        ("design.control = shrt: names no arm of design.arms; did you mean short?",),
    ),
    "arm's name": ("design.arms={a/b:{horizon:12}}", ("design.arms.a/b: arm names are letters",)),
    "arm's path": (
        "design.arms={a:{params.public_tap.cac_base:40}}",
        ("design.arms.a.params.public_tap.cac_base: unknown parameter", "cac_base_eur?"),
    ),
    "arm's null": (
        f"design.arms={{a:{{{CAC}:null}}}}",
        (f"arms.a.{CAC} = null: must not be null",),
    ),
    "arm's value": (f"design.arms={{a:{{{CAC}:x}}}}", (f"design.arms.a.{CAC} = x: must be a num",)),
    "arm's engine": ("design.arms={a:{engine:taps}}", ("engine cannot differ between arms",)),
    "arm's setting": (
        "design.arms={a:{execution.n_jobs:2}}",
        ("execution.n_jobs cannot differ between cells", "these can: params, horizon, seed"),
    ),
    "arm on an axis": (
        f"{CAC}=40,50 design.arms={{a:{{{CAC}:60}}}}",
        (f"design.arms.a.{CAC}: {CAC} is also an axis of the grid; keep one",),
    ),
    "arm on a variable": (
        f"{CAC}=interval(40,50) design.arms={{a:{{{CAC}:60}}}}",
        (f"design.arms.a.{CAC}: would change nothing", "(treatment random) sets the value"),
    ),
    "word on a variable": (
        f"{VAR}={{treatment:fixed,default:40}} {CAC}=60",
        (f"{CAC}=60: would change nothing", f"remove it with ~{VAR}"),
    ),
    "variable nowhere": (
        "design.variables.params.public_tap.cac={treatment:fixed,default:1}",
        ("design.variables.params.public_tap.cac: names no parameter",),
    ),
    "variable outside params": (
        "design.variables.horizon={treatment:fixed,default:1}",
        ("design.variables.horizon: variables are parameters: the path begins with params.",),
    ),
    "variable's field": (
        f"{VAR}={{treatment:random,minn:1}}",
        (f"{VAR}.minn: unknown field", "min?"),
    ),
    "no treatment": (f"{VAR}={{min:1,max:2}}", (f"{VAR}.treatment = null: must be one of fixed,",)),
    "odd treatment": (f"{VAR}={{treatment:rand}}", (f"{VAR}.treatment = rand", "mean random?")),
    "odd distribution": (
        f"{VAR}={{treatment:random,distribution:beta,min:1,max:2}}",
        (f"{VAR}.distribution = beta: must be one of uniform, normal, lognormal, discrete",),
    ),
    "uniform without min": (
        f"{VAR}={{treatment:random,max:2}}",
        (f"{VAR}.min: must be given for",),
    ),
    "min > max": (
        f"{VAR}={{treatment:random,min:5,max:1}}",
        (f"{VAR}.min = 5.0: must be <= max (1)",),
    ),
    "interval backwards": (f"{CAC}=interval(5,1)", (f"{VAR}.min = 5.0: must be <= max (1)",)),
    "min as text": (
        f"{VAR}={{treatment:random,min:'1',max:2}}",
        (f"{VAR}.min = '1': must be a num",),
    ),
    "infinite step": (
        f"{VAR}={{treatment:random,min:1,max:2,step:inf}}",
        (f"{VAR}.step = inf: must",),
    ),
    "sd not a number": (
        f"{VAR}={{treatment:random,distribution:normal,sd:nan}}",
        (f"{VAR}.sd = nan: must be a finite number",),
    ),
    "step of variable 0": (
        f"{VAR}={{treatment:random,min:1,max:2,step:0}}",
        (f"{VAR}.step = 0.0: ",),
    ),
    "step of a random variable beyond its range": (
        f"{VAR}={{treatment:random,distribution:normal,mean:50,sd:3,min:20,max:90,step:100}}",
        (f"{VAR}.step = 100.0: must be <= max - min (70): every draw would be min",),
    ),
    "step off the range": (
        f"{VAR}={{treatment:low_to_high,min:1,max:10,step:4}}",
        (f"{VAR}.step = 4.0: must divide the range from min 1 to max 10: both ends",),
    ),
    "too many ticks": (
        f"{VAR}={{treatment:low_to_high,min:1,max:2,step:1e-13}}",
        (f"{VAR}.step = 1e-13: leaves more than 1,000,000 levels between min 1 and max 2",),
    ),
    "axis without step": (
        f"{VAR}={{treatment:low_to_high,min:1,max:2}}",
        (f"{VAR}: low_to_high needs",),
    ),
    "fixed without default": (f"{VAR}={{treatment:fixed}}", (f"{VAR}.default: must be given",)),
    "default outside": (
        f"{VAR}={{treatment:random,min:40,max:60,default:70}}",
        (f"{VAR}.default = 70.0: must be <= max (60)",),
    ),
    "default unlisted": (
        f"{VAR}={{treatment:random,values:[40,50],default:45}}",
        (f"{VAR}.default = 45.0: must be one of values [40.0, 50.0]",),
    ),
    "beyond the parameter": (
        "params.public_tap.churn_rate_mom=interval(0,1.5)",
        ("design.variables.params.public_tap.churn_rate_mom.max = 1.5: must be <= 1 fraction",),
    ),
    "mean outside": (
        f"{VAR}={{treatment:random,distribution:normal,sd:5,min:60,max:90}}",
        (f"{VAR}.mean = 50: must lie between min 60 and max 90", "(in cell 0: the only cell)"),
    ),
    "no sd": (
        f"{VAR}={{treatment:random,distribution:normal}}",
        (f"{VAR}.sd = null: must be given, here or as the parameter's own sd",),
    ),
    "negative sd": (
        f"{VAR}={{treatment:random,distribution:normal,sd:-1}}",
        (f"{VAR}.sd = -1.0: must be >= 0",),
    ),
    "sd far too wide": (
        f"{VAR}={{treatment:random,distribution:normal,sd:1000,min:40,max:60}}",
        (f"{VAR}.sd = 1000: must lie between 0 and 10 times (max - min)",),
    ),
    "lognormal of 0": (
        "design.variables.params.public_tap.churn_rate_mom="
        "{treatment:random,distribution:lognormal,mean:0,sd:0.1}",
        ("churn_rate_mom.mean = 0: must be > 0 for lognormal",),
    ),
    "wrong unit": (
        f"{VAR}={{treatment:random,min:1,max:2,unit:USD}}",
        (f"{VAR}.unit = USD: must be EUR",),
    ),
    "values repeat": (
        f"{VAR}={{treatment:random,values:[5,5.0]}}",
        (f"{VAR}.values = [5.0, 5.0]: must",),
    ),
    "values nested": (
        f"{VAR}={{treatment:random,values:[5,[6]]}}",
        (f"{VAR}.values = [6]: must be a",),
    ),
    "values null": (
        f"{VAR}={{treatment:random,values:[5,null]}}",
        (f"{VAR}.values = null: must not",),
    ),
    "values unlisted": (
        "design.variables.params.private_tap.gpu_class={treatment:random,values:[rtx_4090,rtx_9]}",
        ("gpu_class.values = rtx_9: must be one of rtx_4090, rtx_3090",),
    ),
    "enum in a range": (
        "design.variables.params.private_tap.gpu_class={treatment:random,min:1,max:2}",
        ("gpu_class.min = 1.0: an enum takes values: [a, b]",),
    ),
    "axis in one arm": (
        f"design.arms={{a:{{{VAR}:{{treatment:low_to_high,min:1,max:2,step:1}}}}}}",
        (
            f"{VAR}.treatment = low_to_high: cannot differ between arms or cells",
            "(in cell 1: arm=a)",
        ),
    ),
    "inert axis": (
        "params.public_tap.cac_sd_eur=1,2",
        ("design.grid.params.public_tap.cac_sd_eur: would change nothing",),
    ),
    "inert variable": (
        "params.public_tap.monthly.cac.min=interval(1,2)",
        ("design.variables.params.public_tap.monthly.cac.min: would change nothing",),
    ),
    "inert low_to_high": (
        "design.variables.params.public_tap.cac_sd_eur={treatment:low_to_high,min:1,max:2,step:1}",
        ("design.variables.params.public_tap.cac_sd_eur: would change nothing",),
    ),
    "inert arm": (
        "design.arms={a:{params.public_tap.cac_sd_eur:1}}",
        ("design.arms.a.params.public_tap.cac_sd_eur: would change nothing",),
    ),
    "rule of one cell": (
        f"{CAC}=1,50 params.public_tap.monthly.cac.distribution=none,uniform",
        (f"{CAC} = 1.0: must lie in [5, 500] EUR", f"(in cell 1: {CAC}=1, ", "=uniform)"),
    ),
    "rule of one replicate": (
        f"{CAC}=interval(1,9) params.public_tap.monthly.cac.distribution=uniform "
        "design.replicates=20",
        (CAC, "must lie in [5, 500] EUR, the range of monthly.cac (in cell 0: ", "replicate "),
    ),
    "rule of one arm": (
        "design.arms={a:{params.public_tap.capacity.min_instances:200}}",
        ("params.public_tap.capacity.max_instances = 100: must be >= min", "(in cell 1: arm=a)"),
    ),
    "offer unknown": (f"{OFFER}=provider_z", (f"{OFFER} = provider_z: must be one of provider_a",)),
    "throughput removed": (
        "params.pricing.tokens_per_s={rtx_3090:null}",
        ("params.pricing.tokens_per_s.rtx_3090: must be given",),
    ),
    "entry incomplete": (
        "params.pricing.offers.new.usd_hr=1",
        ("offers.new.provider: must be given",),
    ),
    "group axis and its settings": (
        "execution=local,threading",
        ("cannot be an axis or part of an arm: it also changes execution",),
    ),
    "no such place": (
        "paths.outputs=/proc/none",
        ("cannot write to /proc/none/taps", "paths.outputs="),
    ),
}


def assert_refused(ran: object, folder: Path, texts: tuple[str, ...]) -> None:
    code, out, err = ran.code, ran.out, ran.err  # type: ignore[attr-defined]
    assert code == 2, f"exit code {code}\n{out}\n{err}"
    assert "Traceback" not in err
    assert out == ""
    place = -1
    for text in texts:
        found = err.find(text, place + 1)
        assert found >= 0, f"{text!r} is not in (or not in this order in)\n{err}"
        place = found
    assert err.startswith("cohortsweep: ")
    written = [f for f in folder.rglob("*") if f.is_file() and f.name != ".lock"]
    assert not written


@pytest.mark.parametrize("case", TAPS)
def test_a_mistake_is_told_and_nothing_runs(command: Command, here: Path, case: str) -> None:
    words, texts = TAPS[case]
    ran = command("run", "engine=taps", *_split(words))
    assert_refused(ran, here, texts)


def _split(words: str) -> list[str]:
    """Split at spaces that begin another word; `a = 1` stays one."""
    found: list[str] = []
    for piece in words.split(" "):
        if found and ("=" not in piece or piece.startswith("=") or found[-1].endswith("=")):
            found[-1] += f" {piece}"
        else:
            found.append(piece)
    return found


CHOOSING: dict[str, tuple[list[str], tuple[str, ...]]] = {
    "nothing chosen": (
        [],
        ("engine: choose one: ", "linear_null, taps", "or a study: sweeps=NAME"),
    ),
    "unknown engine": (["engine=tabs"], ("engine = tabs: is no option of engine", "mean taps?")),
    "engine null": (["engine=null"], ("engine = ", "null", "is no option of engine")),
    "engine as a path": (["engine=../engine/taps"], ("engine = ../engine/taps: is no option",)),
    "engine as a list": (["engine=[taps]"], ("takes one engine; run one study for each",)),
    "two engines": (["engine=taps,linear_null"], ("takes one engine; run one study for each",)),
    "engine deleted": (["engine=taps", "~engine"], ("~engine: takes one engine",)),
    "unknown study": (["sweeps=taps_plann"], ("sweeps = taps_plann: is no option", "taps_plan?")),
    "two studies": (["sweeps=taps_plan,taps_grid"], ("takes one sweeps; run one study for each",)),
    "another engine's group": (
        ["engine=taps", "design.grid.mix=[heavy,light]"],
        ("design.grid.mix: mix cannot differ between cells",),
    ),
    "unknown option": (
        ["engine=linear_null", "mix=hevy"],
        ("mix/linear_null = hevy: is no option of mix/linear_null: balanced, heavy", "heavy?"),
    ),
    "unknown option on an axis": (
        ["engine=linear_null", "mix=heavy,nope"],
        ("design.grid.mix = nope: is no option of mix/linear_null",),
    ),
    "glob of nothing": (["engine=linear_null", "mix=glob(x*)"], ("mix = []: needs at least one",)),
    "one group, two axes": (
        ["engine=linear_null", "design.grid={mix:[heavy,light],mix/linear_null:[uniform]}"],
        ("design.grid.mix/linear_null: is the same group as the axis mix; keep one",),
    ),
    "arm on a group axis": (
        ["engine=linear_null", "mix=heavy,light", "design.arms={a:{mix:uniform}}"],
        ("design.arms.a.mix/linear_null: mix/linear_null is also an axis of the grid",),
    ),
    "shares": (
        ["engine=linear_null", "params.archetypes.light.share=0.2,0.5"],
        ("params.archetypes: shares must sum to 1, they sum to 0.7 (in cell 0: ", "=0.2)"),
    ),
    "a name with a space": (
        ["engine=linear_null", "params.archetypes={a b:{share:0.1}}"],
        ("params.archetypes.a b: names are letters, digits, _ and -",),
    ),
    "study for another engine": (
        ["sweeps=taps_plan", "engine=linear_null"],
        ("design.variables.params.public_tap.cac_base_eur: names no parameter",),
    ),
    "value of a swept variable": (
        ["sweeps=taps_grid", "params.public_tap.cac_base_eur=60"],
        ("params.public_tap.cac_base_eur=60: would change nothing", "low_to_high"),
    ),
    "axis where a variable is": (
        ["sweeps=taps_grid", "params.public_tap.cac_base_eur=60,70"],
        ("design.grid.params.public_tap.cac_base_eur: would change nothing",),
    ),
}


@pytest.mark.parametrize("case", CHOOSING)
def test_a_wrong_choice_is_told(command: Command, here: Path, case: str) -> None:
    words, texts = CHOOSING[case]
    assert_refused(command("run", *words), here, texts)


KINDS = {
    "a variable on a switch": (
        "design.variables.params.crowd={treatment:random,values:[true,false]}",
        ("design.variables.params.crowd: only numbers and enums can vary; use an arm or d",),
    ),
    "a variable on text": (
        "design.variables.params.notes={treatment:random,values:[a,b]}",
        ("design.variables.params.notes: only numbers and enums can vary",),
    ),
    "a number for a switch": ("params.crowd=1", ("params.crowd = 1: must be true or false",)),
    "a file that is not there": (
        "params.source=none.txt",
        ("params.source = none.txt: must be a readable file (No such file or directory)",),
    ),
    "a folder for a file": ("params.source=.", ("params.source = .: must be a readable file",)),
}


@pytest.mark.parametrize("case", KINDS)
def test_kinds_of_parameters_are_kept_apart(
    command: Command, here: Path, brittle: str, case: str
) -> None:
    words, texts = KINDS[case]
    assert_refused(command("run", f"engine={brittle}", words), here, texts)


def test_a_file_with_the_wrong_content_is_told(command: Command, here: Path, brittle: str) -> None:
    (here / "number.txt").write_text("many")
    ran = command("run", f"engine={brittle}", "params.source=number.txt")
    assert ran.code == 2
    assert "params.source = many: must hold one number (in cell 0: the only cell)" in ran.err
    assert not (here / "outputs").exists()


def test_faults_of_all_kinds_are_told_together(command: Command, here: Path) -> None:
    ran = command(
        "run", "engine=taps", "seed=-1", "horizon=0", "design.replicates=0", f"{CAC}=abc",
        "execution.backend=ray", "collect=[cohort]", "study.name=a/b", "extra=1",
        "params.public_tap.churn=0.1", "params.private_tap.cac_base_eur=40,x",
        "design.arms={a:{params.public_tap.budget:1}}",
        "design.variables.params.public_tap.cvr_base={treatment:random,min:0.1}",
    )  # fmt: skip
    assert_refused(ran, here, ("12 problems, nothing has run:",))
    for text in (
        "seed = -1: must be >= 0",
        "horizon = 0: must be a whole number of months from 1 to 600",
        "design.replicates = 0: must be >= 1",
        f"{CAC} = abc: must be a number",
        "execution.backend = ray: must be one of",
        "collect = cohort: is no table of taps",
        "study.name = 'a/b': must be letters",
        "extra: unknown key",
        "params.public_tap.churn: unknown parameter",
        "design.grid.params.private_tap.cac_base_eur = x: must be a number",
        "design.arms.a.params.public_tap.budget: unknown parameter",
        "design.variables.params.public_tap.cvr_base.max: must be given for uniform",
    ):
        assert text in ran.err


def test_faults_of_several_words_are_told_together(command: Command, here: Path) -> None:
    ran = command("run", "engine=taps", "a b=1", "seed=[", "execution=fast", "seeding=none")
    assert_refused(ran, here, ("4 problems", "'a b=1'", "'seed=['", "execution = fast", "seeding"))


def test_json_tells_the_problems_as_data(command: Command, here: Path) -> None:
    ran = command("run", "engine=taps", "seed=-1", "horizon=0", "--json")
    assert ran.code == 2
    assert ran.document["exit_code"] == 2
    assert {p["where"] for p in ran.document["problems"]} == {"seed", "horizon"}
    assert not (here / "outputs").exists()


def test_debug_shows_the_traceback(command: Command) -> None:
    with pytest.raises(Exception, match="seed = -1: must be >= 0"):
        command("run", "engine=taps", "seed=-1", "--debug")


@pytest.mark.parametrize("words", [["run", "--nope"], ["nope"], ["engines", "a", "b"]])
def test_a_wrong_option_or_command_is_told(command: Command, words: list[str]) -> None:
    ran = command(*words)
    assert ran.code == 2
    assert "Traceback" not in ran.err
    assert "nope" in ran.err or "unexpected" in ran.err


def test_an_unknown_engine_is_told(command: Command) -> None:
    ran = command("engines", "tapz")
    assert ran.code == 2
    assert "unknown engine 'tapz'; did you mean taps?" in ran.err


def test_an_unknown_study_is_told(command: Command) -> None:
    ran = command("status", "nowhere")
    assert ran.code == 2
    assert "no study or plan 'nowhere' in" in ran.err
