"""Small tools for the report's canvas: colours of the design, texts that fit, marks of the feelings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from moods.portable.report.letters import letters

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

#: Light theme of static/css/tokens.css: feeling to fill and mark.
FILLS: Final = {
    "happy": ("#F1CF5C", "#17120E"),
    "neutral": ("#96938C", "#17120E"),
    "startled": ("#F59A85", "#17120E"),
    "sad": ("#113D74", "#FFFFFF"),
    "anxious": ("#86699F", "#FFFFFF"),
    "angry": ("#9D3432", "#FFFFFF"),
}
INK: Final = "#1E2320"
INK_2: Final = "#474E49"
INK_3: Final = "#5F665F"
LINE: Final = "#DDD9CF"
LINE_STRONG: Final = "#8A857A"
BRAND: Final = "#1B5B50"
WASH: Final = "#E0EBE6"
PAPER: Final = "#FFFFFF"
#: A4 in points, and the margin.
WIDTH: Final = 595.28
HEIGHT: Final = 841.89
MARGIN: Final = 48.0
INNER: Final = WIDTH - 2 * MARGIN


class Sheet:
    """One canvas with the origin at the top left, in points."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.letters = letters()

    def colour(self, fill: str | None = None, stroke: str | None = None, width: float = 1) -> None:
        """Choose colours for what is drawn next."""
        from reportlab.lib.colors import HexColor

        if fill:
            self.canvas.setFillColor(HexColor(fill))
        if stroke:
            self.canvas.setStrokeColor(HexColor(stroke))
        self.canvas.setLineWidth(width)

    def text(
        self, x: float, y: float, text: str, size: float = 9.5, colour: str = INK,
        bold: bool = False, align: str = "left",
    ) -> None:  # fmt: skip
        """Write one line; ``y`` is its base line from the top."""
        self.colour(fill=colour)
        self.canvas.setFont(self.letters.bold if bold else self.letters.plain, size)
        shown = self.letters.drawable(text)
        place = {
            "left": self.canvas.drawString,
            "right": self.canvas.drawRightString,
            "centre": self.canvas.drawCentredString,
        }[align]
        place(x, HEIGHT - y, shown)

    def width(self, text: str, size: float, bold: bool = False) -> float:
        """Return how wide a text is, in points."""
        name = self.letters.bold if bold else self.letters.plain
        return float(self.canvas.stringWidth(self.letters.drawable(text), name, size))

    def paragraph(
        self, x: float, y: float, text: str, width: float, size: float = 9.5, colour: str = INK_2,
        lines: int = 0,
    ) -> float:  # fmt: skip
        """Write a text over several lines, words kept whole; return the base line after the last."""
        for count, line in enumerate(self.broken(text, width, size, lines)):
            self.text(x, y + count * size * 1.55, line, size, colour)
        return y + len(self.broken(text, width, size, lines)) * size * 1.55

    def broken(self, text: str, width: float, size: float, most: int = 0) -> list[str]:
        """Break a text into lines that fit; more than ``most`` end in an ellipsis."""
        lines: list[str] = []
        for part in text.split("\n"):
            line = ""
            for word in part.split():
                for piece in self._pieces(word, width, size):
                    longer = f"{line} {piece}" if line else piece
                    if line and self.width(longer, size) > width:
                        lines.append(line)
                        line = piece
                    else:
                        line = longer
            lines.append(line)
            if most and len(lines) > most:
                break
        if most and len(lines) > most:
            last = lines[most - 1]
            while last and self.width(f"{last}…", size) > width:
                last = last[:-1]
            lines = [*lines[: most - 1], f"{last}…"]
        return [line for at, line in enumerate(lines) if line or at]

    def _pieces(self, word: str, width: float, size: float) -> list[str]:
        """Cut a word that is wider than the line."""
        pieces = [""]
        if self.width(word, size) <= width:
            return [word]
        for letter in word:
            if self.width(pieces[-1] + letter, size) > width:
                pieces.append("")
            pieces[-1] += letter
        return pieces

    def rule(self, y: float, x: float = MARGIN, width: float = INNER, colour: str = LINE) -> None:
        """Draw a thin line across."""
        self.colour(stroke=colour, width=0.6)
        self.canvas.line(x, HEIGHT - y, x + width, HEIGHT - y)

    def box(
        self, x: float, y: float, width: float, height: float, fill: str | None, stroke: str | None = None,
        *, radius: float = 2, line: float = 0.8, dashed: bool = False,
    ) -> None:  # fmt: skip
        """Draw a box from its top left corner; dashed edges are a machine's guess."""
        self.colour(fill, stroke, line)
        self.canvas.setDash(*((2, 1.6) if dashed else ()))
        self.canvas.roundRect(
            x,
            HEIGHT - y - height,
            width,
            height,
            radius,
            stroke=int(stroke is not None),
            fill=int(fill is not None),
        )
        self.canvas.setDash()

    def dot(self, x: float, y: float, radius: float, fill: str, stroke: str, *, dashed: bool = False) -> None:
        """Draw a dot."""
        self.colour(fill, stroke, 0.9)
        self.canvas.setDash(*((1.4, 1.1) if dashed else ()))
        self.canvas.circle(x, HEIGHT - y, radius, stroke=1, fill=1)
        self.canvas.setDash()

    def line_through(self, points: list[tuple[float, float]], colour: str, width: float) -> None:
        """Draw a line through points."""
        self.colour(stroke=colour, width=width)
        self.canvas.setLineJoin(1)
        self.canvas.setLineCap(1)
        self.canvas.drawPath(self._path(points), stroke=1, fill=0)

    def area(self, points: list[tuple[float, float]], fill: str) -> None:
        """Fill what lies between points."""
        self.colour(fill=fill)
        path = self._path(points)
        path.close()
        self.canvas.drawPath(path, stroke=0, fill=1)

    def _path(self, points: list[tuple[float, float]]) -> Any:
        path = self.canvas.beginPath()
        for count, (x, y) in enumerate(points):
            (path.lineTo if count else path.moveTo)(x, HEIGHT - y)
        return path

    def feeling(self, x: float, y: float, size: float, feeling: str, *, guess: bool = False) -> None:
        """Draw the box and mark of a feeling; a guess is an empty box with a dashed edge."""
        fill, on = FILLS[feeling]
        edge = INK_2
        self.box(x, y, size, size, PAPER if guess else fill, edge, radius=1.6, line=0.7, dashed=guess)
        self.colour(fill=INK if guess else on, stroke=INK if guess else on, width=size * 0.11)
        self.canvas.setLineCap(1)
        self._mark(x, y, size / 12, feeling)

    def _mark(self, x: float, y: float, unit: float, feeling: str) -> None:
        """Draw one of the six marks on a field of 12 x 12 units (the paths of tokens.css)."""
        canvas, s = self.canvas, unit * 0.72
        left, top = x + 1.68 * unit, HEIGHT - y - 1.68 * unit

        def at(across: float, down: float) -> tuple[float, float]:
            return left + across * s, top - down * s

        if feeling == "startled":
            canvas.circle(*at(6, 6), 3.4 * s, stroke=1, fill=0)
        elif feeling == "anxious":
            for across in (2, 6, 10):
                canvas.circle(*at(across, 6), 0.9 * s, stroke=0, fill=1)
        elif feeling == "neutral":
            canvas.line(*at(2, 6), *at(10, 6))
        elif feeling == "angry":
            path = canvas.beginPath()
            path.moveTo(*at(1.4, 8.4))
            for point in ((4.4, 3.6), (7.6, 8.4), (10.6, 3.6)):
                path.lineTo(*at(*point))
            canvas.drawPath(path, stroke=1, fill=0)
        else:
            ends, bend = (4.2, 8.7) if feeling == "happy" else (8.4, 3.9)
            canvas.bezier(*at(2, ends), *at(4.7, bend), *at(7.3, bend), *at(10, ends))
