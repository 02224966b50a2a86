"""Reader: YAML documents from the events of libyaml's parser, as plain values or as nodes with places."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

import yaml

from mlgit.errors import ConfigError, Location
from mlgit.yaml12.anchors import MAX_REPEATED, TOO_MANY, Anchors
from mlgit.yaml12.nodes import Node
from mlgit.yaml12.scalars import scalar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

_Parser: Any = getattr(getattr(yaml, "cyaml", None), "CParser", None)
Event = Any
"""A parser event; the stubs leave out half of its attributes."""

MAX_DEPTH = 64
MAX_STRICT_BYTES = 1 << 20

_TAG = "tag:yaml.org,2002:"
_OLD = (1, 1)
"""The version of YAML that a document may name in a directive; DVC reads all others as 1.2."""
_ENDS = (yaml.SequenceEndEvent, yaml.MappingEndEvent)


def load(text: bytes | str, *, name: str, strict: bool = True, floats_as_decimal: bool = False) -> object:
    """The value of a document; None if it is empty.

    Args:
        strict: refuse anchors, aliases, merge keys, tags and more than 1 MiB.
        floats_as_decimal: floating-point numbers become `Decimal`, exactly as written.

    Raises:
        ConfigError: it is not YAML, or has something that is not allowed; with the place.
    """
    reader = _Reader(text, name=name, strict=strict, floats_as_decimal=floats_as_decimal)
    return reader.document(reader.value)


def compose(
    text: bytes | str, *, name: str, strict: bool = True, floats_as_decimal: bool = False
) -> Node | None:
    """The document as a tree of nodes with places; None if it is empty.

    Args and errors as for `load`.
    """
    reader = _Reader(text, name=name, strict=strict, floats_as_decimal=floats_as_decimal)
    root = reader.document(reader.node)
    return root if isinstance(root, Node) else None


class _Reader:
    def __init__(self, text: bytes | str, *, name: str, strict: bool, floats_as_decimal: bool) -> None:
        self._name = name
        self._strict = strict
        self._decimal = floats_as_decimal
        self._word = scalar
        self._depth = 0
        self._anchors = Anchors()
        self._text = text if isinstance(text, str) else self._decode(text)
        if strict and len(self._text) > MAX_STRICT_BYTES:
            raise ConfigError(f"`{name}` is larger than 1 MiB", location=Location(name))

    def _decode(self, content: bytes) -> str:
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise ConfigError(
                f"`{self._name}` is not UTF-8 text", location=Location(self._name, line=line)
            ) from error

    def document(self, build: Callable[[Event], object]) -> object:
        self._events = self._start()
        try:
            next(self._events)
            event = next(self._events)
            if isinstance(event, yaml.StreamEndEvent):
                return None
            if event.version == _OLD:
                from mlgit.yaml12.old_scalars import old_scalar

                self._word = old_scalar
            value = build(next(self._events))
            next(self._events)
            more = next(self._events)
        except yaml.reader.ReaderError as error:
            raise self._unreadable(error) from error
        except yaml.YAMLError as error:
            raise self._invalid(error) from error
        finally:
            self._events.close()  # ends the reference circle that keeps 16 kB of libyaml alive
        if not isinstance(more, yaml.StreamEndEvent):
            raise self._refuse("A second document begins here", more, expected="one document")
        return value

    def _start(self) -> Generator[Event]:
        if _Parser is None:  # pragma: no cover (a PyYAML built without libyaml)
            yield from yaml.parse(self._text, Loader=yaml.SafeLoader)
            return
        parser = _Parser(self._text)
        try:
            while (event := parser.get_event()) is not None:
                yield event
        finally:
            parser.dispose()

    def value(self, event: Event) -> object:
        """The plain value that begins with this event."""
        found: object
        begun = self._anchors.size
        if isinstance(event, yaml.ScalarEvent):
            found = self._scalar(event)
        elif isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        else:
            self._enter(event)
            if isinstance(event, yaml.MappingStartEvent):
                self._open_anchor(event, found := dict[object, object]())
                self._mapping(event, found, self.value)
            else:
                self._open_anchor(event, found := list[object]())
                found.extend(self.value(inner) for inner in self._inside())
            self._depth -= 1
        if event.anchor is not None:
            self._set_anchor(event, found, begun=begun)
        return found

    def _inside(self) -> Iterator[Event]:
        """The events up to the end of the list or mapping that was entered."""
        return takewhile(lambda event: not isinstance(event, _ENDS), self._events)

    def _mapping(
        self,
        event: Event,
        found: dict[object, Any],
        build: Callable[[Event], Any],
        wrap: Callable[[Event, object, Any], Any] | None = None,
    ) -> None:
        """Fill in the mapping that was entered; `wrap` makes an entry from the key's event, key and value."""
        merged: list[Any] = []
        for inner in self._inside():
            if self._merges(inner):
                merged.append(build(next(self._events)))
                continue
            key = self._key(inner)
            if key in found:
                raise self._refuse(
                    f"The key `{inner.value}` appears twice in the same mapping",
                    inner,
                    expected="each key once",
                )
            value = build(next(self._events))
            found[key] = value if wrap is None else wrap(inner, key, value)
        for source in map(_content, merged):
            for one in map(_content, source if isinstance(source, list) else [source]):
                if not isinstance(one, dict):
                    raise self._refuse("A merge key needs a mapping", event)
                found.update({key: entry for key, entry in one.items() if key not in found})

    def node(self, event: Event) -> Node:
        """The node that begins with this event."""
        start: Any = event.start_mark
        line, column = start.line + 1, start.column + 1
        begun = self._anchors.size
        if isinstance(event, yaml.ScalarEvent):
            end: Any = event.end_mark
            same_line = end.line + 1 == line
            width = max(1, end.column + 1 - column) if same_line else 1
            made = Node(self._scalar(event), line=line, column=column, width=width, text=event.value)
        elif isinstance(event, yaml.AliasEvent):
            found = self._alias(event)
            if not isinstance(found, Node):  # pragma: no cover (anchors hold nodes here)
                raise TypeError(type(found))
            return found
        else:
            self._enter(event)
            made = Node(None, line=line, column=column)
            self._open_anchor(event, made)
            if isinstance(event, yaml.MappingStartEvent):
                made.value = entries = dict[object, tuple[Node, Node]]()
                self._mapping(event, entries, self.node, _with_key)
            else:
                made.value = [self.node(inner) for inner in self._inside()]
            self._depth -= 1
        if event.anchor is not None:
            self._set_anchor(event, made, begun=begun)
        return made

    def _scalar(self, event: Event) -> object:
        self._anchors.read(event.value)
        if event.tag is None:
            value = event.value
            return self._word(value, floats_as_decimal=self._decimal) if event.implicit[0] else value
        if event.tag == "!" or event.tag == _TAG + "str":
            return event.value
        if self._strict or event.tag not in {_TAG + kind for kind in ("int", "float", "bool", "null")}:
            raise self._refuse(f"The tag `{event.tag.replace(_TAG, '!!')}` is not allowed", event)
        return self._word(event.value, floats_as_decimal=self._decimal)

    def _key(self, event: Event) -> object:
        if not isinstance(event, yaml.ScalarEvent):
            if isinstance(event, yaml.AliasEvent):
                found = _content(self._alias(event))
                if not isinstance(found, (dict, list)):
                    return found
            raise self._refuse("A key must be a plain word here", event)
        begun = self._anchors.size
        key = self._scalar(event)
        if event.anchor is not None:
            self._set_anchor(event, key, begun=begun)
        return key

    def _merges(self, event: Event) -> bool:
        merges = isinstance(event, yaml.ScalarEvent) and event.value == "<<" and event.implicit[0]
        if merges and self._strict:
            raise self._refuse("Merge keys (`<<`) are not allowed", event)
        return merges

    def _alias(self, event: Event) -> object:
        if self._strict:
            raise self._refuse(f"Aliases (`*{event.anchor}`) are not allowed", event)
        anchored = self._anchors.find(event.anchor)
        if anchored is None:
            raise self._refuse(f"There is no anchor `&{event.anchor}` before this", event)
        if anchored.size is None:
            raise self._endless(event, f"The alias `*{event.anchor}` is inside the value that it repeats")
        if not self._anchors.repeat(anchored):
            text = f"The aliases of `{self._name}` repeat more than {MAX_REPEATED} values"
            raise self._endless(event, text)
        return anchored.value

    def _open_anchor(self, event: Event, value: object) -> None:
        if event.anchor is not None:
            if self._strict:
                raise self._refuse(f"Anchors (`&{event.anchor}`) are not allowed", event)
            self._anchors.open(event.anchor, value)

    def _set_anchor(self, event: Event, value: object, *, begun: int) -> None:
        self._open_anchor(event, value)
        self._anchors.close(event.anchor, value, begun=begun)

    def _enter(self, event: Event) -> None:
        self._depth += 1
        self._anchors.read()
        if self._depth > MAX_DEPTH:
            raise self._refuse(f"This is nested more than {MAX_DEPTH} levels deep", event)
        if event.tag is not None and (self._strict or event.tag not in {"!", _TAG + "map", _TAG + "seq"}):
            raise self._refuse(f"The tag `{event.tag.replace(_TAG, '!!')}` is not allowed", event)

    def _refuse(self, message: str, event: Event, *, expected: str | None = None) -> ConfigError:
        start, end = event.start_mark, event.end_mark
        width = end.column - start.column if end.line == start.line else 1
        return ConfigError(
            message, location=self._location(start.line, start.column, width=width), expected=expected
        )

    def _endless(self, event: Event, message: str) -> ConfigError:
        error = self._refuse(message, event)
        error.hint = f"write the values of `&{event.anchor}` here instead of the alias `*{event.anchor}`"
        error.code = TOO_MANY
        return error

    def _unreadable(self, error: yaml.reader.ReaderError) -> ConfigError:
        before = self._text.encode("utf-8", "replace")[: error.position].decode("utf-8", "replace")
        line = before.count("\n")
        return ConfigError(
            f"`{self._name}` has a character that YAML does not allow", location=self._location(line, 0)
        )

    def _invalid(self, error: yaml.YAMLError) -> ConfigError:
        from mlgit.yaml12.syntax import explain

        return explain(error, self._text, name=self._name, place=self._location)

    def _location(self, line: int, column: int, *, width: int = 1) -> Location:
        lines = self._text.splitlines()
        snippet = lines[line] if line < len(lines) else None
        return Location(self._name, line=line + 1, column=column + 1, snippet=snippet, width=width)


def _with_key(event: Event, key: object, node: Node) -> tuple[Node, Node]:
    start, end = event.start_mark, event.end_mark
    width = max(1, end.column - start.column)
    return Node(key, line=start.line + 1, column=start.column + 1, width=width, text=str(key)), node


def _content(value: object) -> object:
    return value.value if isinstance(value, Node) else value
