"""What a power cut leaves of a folder: everything that was synced, and of the rest what chance has it.

Data is undone write by write: the synced content of each file, and on it any of the later writes in place, whether those
before them came through or not. What lengthens a file comes through in order, the last of it perhaps in part: its size is
written after its data (what SQLite calls a safe append; ext4 and XFS keep to it). Names are undone in order, folder by folder: file systems with a journal keep a prefix of what
was done to a folder.
"""

import dataclasses
import os
import pathlib
import random
import struct


class Reader:
    def __init__(self, data: bytes):
        self.data, self.place = data, 0

    def number(self) -> int:
        (value,) = struct.unpack_from("<Q", self.data, self.place)
        self.place += 8
        return value

    def bytes(self) -> bytes:
        count = self.number()
        self.place += count
        return self.data[self.place - count : self.place]

    def text(self) -> str:
        return self.bytes().decode()


def records(journal: pathlib.Path):
    data = journal.read_bytes() if journal.exists() else b""
    place = 0
    while place + 8 <= len(data):
        (count,) = struct.unpack_from("<Q", data, place)
        if place + 8 + count > len(data):
            return
        yield chr(data[place + 8]), Reader(data[place + 9 : place + 8 + count])
        place += 8 + count


@dataclasses.dataclass
class Change:
    """Of a file's content: what stands at `offset` afterwards, and what did before."""

    offset: int
    size_before: int
    before: bytes
    after: bytes | None  # None: cut at `offset`

    def undo(self, content: bytearray) -> None:
        if self.after is None:
            content.extend(bytes(max(0, self.offset - len(content))))
            content[self.offset :] = self.before
            content.extend(bytes(max(0, self.size_before - len(content))))
            del content[self.size_before :]
        else:
            content[self.offset : self.offset + len(self.before)] = self.before
            del content[self.size_before :]

    @property
    def is_in_place(self) -> bool:
        return self.after is not None and self.offset + len(self.after) <= self.size_before

    def redo(self, content: bytearray, part: float = 1) -> None:
        if self.after is None:
            if part == 1:
                content.extend(bytes(max(0, self.offset - len(content))))
                del content[self.offset :]
            return
        after = self.after[: int(part * len(self.after))]
        content.extend(bytes(max(0, self.offset - len(content))))
        content[self.offset : self.offset + len(after)] = after


def cut(folder: pathlib.Path, journal: pathlib.Path, shadow: pathlib.Path, chance: random.Random) -> str:
    """Undoes what the cut takes; what it was, for the log of the test."""
    data: dict[int, list[Change]] = {}
    names: dict[str, list[tuple]] = {}
    for kind, reader in records(journal):
        if kind == "W":
            ino, offset, size = reader.number(), reader.number(), reader.number()
            data.setdefault(ino, []).append(Change(offset, size, reader.bytes(), reader.bytes()))
        elif kind == "T":
            ino, offset, size = reader.number(), reader.number(), reader.number()
            data.setdefault(ino, []).append(Change(offset, size, reader.bytes(), None))
        elif kind == "S":
            data[reader.number()] = []
        elif kind == "D":
            names[os.path.normpath(reader.text())] = []
        elif kind == "C":
            path, ino = reader.text(), reader.number()
            # A number is given again to another file.
            data[ino] = []
            names.setdefault(os.path.dirname(path), []).append(("C", path))
        elif kind == "M":
            path = reader.text()
            names.setdefault(os.path.dirname(path), []).append(("M", path))
        elif kind == "R":
            source, target, saved = reader.text(), reader.text(), reader.number()
            names.setdefault(os.path.dirname(target), []).append(("R", source, target, saved))
        elif kind == "U":
            path, saved = reader.text(), reader.number()
            names.setdefault(os.path.dirname(path), []).append(("U", path, saved))

    places: dict[int, str] = {}
    for root in (folder, shadow):
        for parent, _, files in os.walk(root):
            for file in files:
                path = os.path.join(parent, file)
                places.setdefault(os.stat(path).st_ino, path)

    lost = kept = 0
    loses_all = chance.random() < 0.3
    for ino, changes in data.items():
        if not changes or ino not in places:
            continue
        content = bytearray(pathlib.Path(places[ino]).read_bytes())
        for change in reversed(changes):
            change.undo(content)
        grows = True
        for change in changes:
            survives = not loses_all and chance.random() < 0.6
            if not change.is_in_place:
                if grows and not survives and not loses_all:
                    change.redo(content, part=chance.random())
                survives = grows = grows and survives
            if survives:
                change.redo(content)
                kept += 1
            else:
                lost += 1
        with open(places[ino], "r+b") as file:
            file.write(content)
            file.truncate(len(content))

    undone = 0
    for parent, operations in names.items():
        survivors = 0 if loses_all else chance.randint(0, len(operations))
        for operation in reversed(operations[survivors:]):
            undone += 1
            undo_name(operation, shadow)
    return f"{lost} writes lost, {kept} unsynced writes kept, {undone} names undone"


def undo_name(operation: tuple, shadow: pathlib.Path) -> None:
    match operation:
        case ("C", path):
            if os.path.exists(path):
                os.unlink(path)
        case ("M", path):
            # Only what is empty goes: what was synced in it would be gone as well, which is the program's fault.
            for parent, folders, files in os.walk(path, topdown=False):
                for file in files:
                    os.unlink(os.path.join(parent, file))
                for name in folders:
                    os.rmdir(os.path.join(parent, name))
            if os.path.isdir(path):
                os.rmdir(path)
        case ("R", source, target, saved):
            if os.path.exists(target):
                os.rename(target, source)
            if saved:
                os.link(shadow / str(saved), target)
        case ("U", path, saved):
            if saved and not os.path.exists(path):
                os.link(shadow / str(saved), path)
