"""The syntax tree of a template with the price of what repeats written into it, and without what is not allowed.

A loop pays for all its rounds before the first one, each round as much as it has nodes; a macro pays when it is
called. Operators that Jinja2 compiles to Python's own go through our bounded ones.
"""

from collections.abc import Sequence

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.visitor import NodeTransformer

LOOP, BURN, CONCAT, COMPARE, LOOKED = " loop", " burn", " concat", " compare", " looked"
"""Filters that no template can name, for a space stands before them."""
_FORBIDDEN = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.Block)


def weighed(tree: nodes.Template) -> nodes.Template:
    """The same tree, priced. Raises TemplateSyntaxError for what would load another file."""
    found = _Pricing().visit(tree)
    assert isinstance(found, nodes.Template)
    return found


class _Pricing(NodeTransformer):
    """Rewrites what repeats or grows."""

    def generic_visit(self, node: nodes.Node, *args: object, **named: object) -> nodes.Node:
        """Whatever is not named below stays, if it may."""
        if isinstance(node, _FORBIDDEN):
            raise TemplateSyntaxError(f"{type(node).__name__.lower()} has no place in a chat template", node.lineno)
        return super().generic_visit(node, *args, **named)

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - the visitor's way
        """The whole loop is paid for when it begins."""
        weight = _size([*node.body, *([node.test] if node.test else [])])
        self.generic_visit(node)
        assert isinstance(node.iter, nodes.Expr)
        node.iter = _filtered(node.iter, LOOP, [nodes.Const(weight)])
        return node

    def visit_Macro(self, node: nodes.Macro) -> nodes.Node:  # noqa: N802 - the visitor's way
        """A macro pays when it is called."""
        return self._paying(node)

    def visit_CallBlock(self, node: nodes.CallBlock) -> nodes.Node:  # noqa: N802 - the visitor's way
        """So does the body that a macro calls back."""
        return self._paying(node)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - the visitor's way
        """`a ~ b`."""
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), CONCAT, [])

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802 - the visitor's way
        """`a < b`; of a chain each pair, which computes the middle twice and changes nothing."""
        self.generic_visit(node)
        left, pairs = node.expr, []
        for one in node.ops:
            pairs.append(_filtered(left, COMPARE, [one.expr, nodes.Const(one.op)]))
            left = one.expr
        found: nodes.Expr = pairs[0]
        for pair in pairs[1:]:
            found = nodes.And(found, pair, lineno=node.lineno)
        return found

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802 - the visitor's way
        """`a[1:]` copies, and Jinja2 asks nobody."""
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            node.node = _filtered(node.node, LOOKED, [])
        return node

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802 - the visitor's way
        """A value in parentheses is a list: a tuple of tuples could be hashed for ever."""
        self.generic_visit(node)
        return node if node.ctx == "store" else nodes.List(node.items, lineno=node.lineno)

    def _paying(self, node: nodes.Macro | nodes.CallBlock) -> nodes.Node:
        weight = _size(node.body)
        self.generic_visit(node)
        price = _filtered(nodes.Const(weight), BURN, [])
        node.body = [nodes.ExprStmt(price, lineno=node.lineno), *node.body]
        return node


def _filtered(node: nodes.Expr, name: str, args: list[nodes.Expr]) -> nodes.Filter:
    return nodes.Filter(node, name, args, [], None, None, lineno=node.lineno)


def _size(body: Sequence[nodes.Node]) -> int:
    """How many nodes there are, without those of loops within, which pay for themselves."""
    count, waiting = 1, list(body)
    while waiting:
        node = waiting.pop()
        count += 1
        if not isinstance(node, nodes.For | nodes.Macro):
            waiting += node.iter_child_nodes()
    return count
