# SPDX-License-Identifier: MIT
"""`torpor train`: a command parses, calls the library and prints, as in cli.py.

SCRIPT.py defines make(), train(module, ...), evaluate(module) and data(); host_tools/torpor_host/train/README.md says what they do.
"""

from pathlib import Path
from typing import Annotated, Optional

import typer
from rich.console import Console

from torpor_host import show
from torpor_host.extras import need
from torpor_host.progress import Console as ConsoleProgress

app = typer.Typer(no_args_is_help=True, help="Train PyTorch networks for the board, by a script of yours.")
_progress = ConsoleProgress(Console(stderr=True))

Script = Annotated[str, typer.Argument(metavar="SCRIPT.py", help="Your make, train, evaluate, data; or SCRIPT.py:OTHER for make.")]
Out = Annotated[Path, typer.Argument(metavar="OUT.tflite", help="The int8 model.")]
Weights = Annotated[Optional[Path], typer.Option(metavar="STATE.pt", help="The trained network's state dict; else it is trained first.")]
Trained = Annotated[bool, typer.Option("--trained", help="make() returns a trained network.")]
Epochs = Annotated[int, typer.Option(help="To train on for.")]
Rate = Annotated[Optional[float], typer.Option(help="A factor on your learning rate then; 0.1 for 8 bits, else 1.")]
State = Annotated[Optional[Path], typer.Option(metavar="STATE.pt", help="Write the network's state dict, too.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]


@app.command()
def quantise(
    script: Script, out: Out, weights: Weights = None, trained: Trained = False, epochs: Epochs = 10, rate: Rate = None,
    bits: Annotated[int, typer.Option(metavar="8|4", help="Of weights.")] = 8, as_json: Json = False,
):
    """Train a network on as its int8 model computes, so that it loses less."""
    need("torch", "train")
    from torpor_host.train import run

    start = run.Start(script, weights, trained, epochs, rate)
    show.trained(run.summary(run.quantise(start, out, bits, _progress), out), as_json)


@app.command()
def prune(
    script: Script, out: Out, weights: Weights = None, trained: Trained = False, epochs: Epochs = 10, rate: Rate = None,
    keep: Annotated[float, typer.Option(help="The share that stays: of multiply-accumulates, or of weights.")] = 0.5,
    what: Annotated[str, typer.Option("--of", metavar="channels|weights", help="Channels save work and bytes; weights only in a zip.")] = "channels",
    importance: Annotated[str, typer.Option(metavar="l1|l2|bn", help="Of channels: norm of weights, or factor of batch norm.")] = "l2",
    state: State = None, as_json: Json = False,
):
    """Remove what a network needs least, and train it on."""
    need("torch_pruning", "train")
    from torpor_host.train import run

    start = run.Start(script, weights, trained, epochs, rate)
    show.trained(run.summary(run.prune(start, out, what, keep, importance, state, _progress), out), as_json)


@app.command()
def distil(
    script: Script, out: Out,
    temperature: Annotated[float, typer.Option(help="How much the teacher's answers are softened.")] = 4.0,
    alpha: Annotated[float, typer.Option(help="The teacher's part of the loss, 0 to 1.")] = 0.9,
    state: State = None, as_json: Json = False,
):
    """Train a small network with what a larger one knows."""
    need("torch", "train")
    from torpor_host.train import run

    show.trained(run.summary(run.distil(script, out, temperature, alpha, state, _progress), out), as_json)
