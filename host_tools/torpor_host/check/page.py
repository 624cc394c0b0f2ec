# SPDX-License-Identifier: MIT
"""What was found of a model as one HTML page that needs nothing else: no script, no font, no picture from elsewhere."""

from html import escape

from torpor_host.check import noise, svg, words
from torpor_host.check.cost import Cost

_STYLE = f"""
body {{ font: 15px/1.5 system-ui, sans-serif; color: {svg.INK}; background: {svg.PAPER}; max-width: 66rem; margin: 2rem auto; padding: 0 1rem }}
h1 {{ font-size: 1.6rem; margin-bottom: 0 }} h2 {{ font-size: 1.15rem; margin-top: 2.2rem }}
table {{ border-collapse: collapse; width: 100% }} th {{ text-align: left; font-weight: 500; color: {svg.FAINT} }}
td, th {{ padding: .25rem .7rem .25rem 0; border-bottom: 1px solid {svg.LINE}; vertical-align: top }}
td.n {{ text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }} p.note, dt {{ color: {svg.FAINT}; font-size: .9rem }}
dl {{ display: flex; flex-wrap: wrap; gap: .6rem 2.2rem }} dd {{ margin: 0; font-size: 1.25rem }} div.wide {{ overflow-x: auto }}
.good {{ color: {svg.RIGHT} }} .bad {{ color: {svg.WRONG} }} .unknown {{ color: {svg.FAINT} }} svg {{ font-family: inherit }}
"""


def page(result) -> str:
    """The page of a run.Result."""
    parts = [_summary(result), _boards(result), _operators(result)]
    if result.accuracy:
        parts += [_confusion(result.accuracy), _layers(result.accuracy)]
    name = escape(result.name)
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{name}</title><style>{_STYLE}</style>'
    return f"<!doctype html>\n<html lang=\"en\"><head>{head}</head><body>\n<h1>{name}</h1>\n" + "\n".join(parts) + "\n</body></html>\n"


def _summary(result) -> str:
    macs = sum(op.macs for op in result.ops)
    facts = {"file, bytes": result.model_bytes, "RAM, bytes": result.arena_bytes, "native module, bytes": result.module_bytes,
             "multiply-accumulates": macs}
    shown = "".join(f"<div><dt>{name}</dt><dd>{_number(value)}</dd></div>" for name, value in facts.items())
    good = result.supported and all(one.memory.fits is not False for one in result.costs.values())
    note = "RAM and module: the most that one of the boards below takes. "
    note += words.memory(result.state_bytes, list(result.costs.values())) if result.supported else ""
    return f'<p class="{_class(good)}">{escape(words.verdict(result))}</p><dl>{shown}</dl><p class="note">{note}</p>'


def _boards(result) -> str:
    headings = ["board", "fits", "RAM of the model", "RAM free", "taken", "flash free", "taken", "instructions", "native module"]
    rows = [_board(one) for one in result.costs.values()]
    timed = [one for one in result.costs.values() if one.latency]
    parts = ["<h2>Boards</h2>", _table(headings, rows)]
    if timed:
        parts += ["<h2>Time of one inference, estimated</h2>", _wide(svg.ranges([_time(one) for one in timed], "ms"))]
        parts += [f'<p class="note">{escape(words.origin(timed))}</p>']
    if drawn := [(one.board.name, one.energy) for one in timed if one.energy]:
        parts += ["<h2>Energy of one inference, estimated</h2>", _wide(svg.ranges(drawn, "µJ"))]
    return "\n".join(parts)


def _board(one: Cost) -> list[str]:
    board, room = one.board, one.memory
    fits = {True: "yes", False: "no", None: "not known"}[room.fits]
    counted = "" if one.instructions is None else ("counted" if one.counted else f"on {one.counted_on}" if one.counted_on else "estimated")
    return [
        f"<td>{escape(board.name)}<br><span class=\"unknown\">{escape(board.title)}</span></td>",
        f'<td class="{_class(room.fits)}">{fits}</td>', _cell(room.arena_bytes), _cell(room.ram_free),
        _taken(room.ram_free, board.heap and board.heap[0]), _cell(room.flash_free), _taken(room.flash_free, board.room),
        f'<td class="n">{_number(one.instructions)}<br>{counted}</td>', _cell(one.module_bytes)]


def _time(one):
    return f"{one.board.name}, {one.board.clock_hz / 1e6:g} MHz", one.latency


def _operators(result) -> str:
    counted = next((one for one in result.costs.values() if one.ops and len(one.ops) == len(result.ops)), None)
    headings = ["#", "operator", "type", "multiply-accumulates", "", "constants, bytes", ""]
    headings += [f"instructions on {counted.board.name}", ""] if counted else []
    totals = [sum(op.macs for op in result.ops), sum(op.bytes for op in result.ops), counted and counted.instructions]
    rows = []
    for i, op in enumerate(result.ops):
        numbers = [op.macs, op.bytes, *([counted.ops[i][1]] if counted else [])]
        cells = [f'<td class="n">{op.index}</td><td>{escape(op.op)}</td><td>{escape(op.type)}</td>']
        cells += [_cell(n) + _share(n, total) for n, total in zip(numbers, totals)]
        rows.append(cells if op.supported else [*cells[:1], f'<td class="bad" colspan="4">{escape(op.reason)}</td>'])
    return "<h2>Operators</h2>\n" + _table(headings, rows)


def _confusion(found) -> str:
    note = "A row is a class, a column what the model answered; the darker, the more of its class."
    drawn = _wide(svg.matrix(found.confusion, found.names))
    return f'<h2>Answers</h2><p>{escape(words.accuracy(found))}</p>{drawn}<p class="note">{note}</p>'


def _layers(found) -> str:
    worst = noise.least(found.layers)
    if worst is None:
        return f"<h2>What each layer loses</h2><p>{escape(words.worst(found))}</p>"
    rows = [(f"#{layer.index} {layer.op}", layer.own_snr_db, layer.snr_db) for layer in found.layers]
    note = ("Signal to noise of each operator's output against the network over real numbers, in decibels: 6 are one bit. "
            "Blue: the operator alone; orange: all of the network up to it; -: nothing is lost. Less is worse.")
    drawn = _wide(svg.pairs(rows, "dB", found.layers.index(worst)))
    return f'<h2>What each layer loses</h2><p>{escape(words.worst(found))}</p>{drawn}<p class="note">{note}</p>'


def _table(headings, rows) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in headings)
    body = "\n".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    return f'<div class="wide"><table><tr>{head}</tr>\n{body}</table></div>'


def _wide(drawn) -> str:
    return f'<div class="wide">{drawn}</div>'


def _cell(value) -> str:
    return f'<td class="n">{_number(value)}</td>'


def _share(part, whole) -> str:
    return f"<td>{svg.bar(part / whole, width=90) if whole and part is not None else ''}</td>"


def _taken(free, whole) -> str:
    return _share(None if None in (free, whole) else whole - free, whole)


def _number(value) -> str:
    return "not known" if value is None else f"{value:,}"


def _class(good) -> str:
    return {True: "good", False: "bad", None: "unknown"}[good]
