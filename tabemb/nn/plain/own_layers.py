"""The plain forms of tabemb's layers."""

from tabemb.nn import columns, dropout, members, separate, tokens
from tabemb.nn.plain import look_ups, operations
from tabemb.nn.plain import members as plain_members
from tabemb.nn.plain import tokens as plain_tokens
from tabemb.nn.plain.forms import Form, plain_form
from tabemb.nn.plain.keras_layers import plain_activation


@plain_form(columns.Column)
def _column(layer) -> Form:
    return [(operations.Columns(layer.position), ())]


@plain_form(dropout.ByteDropout, dropout.MemberDropout)
def _byte_dropout(layer) -> Form:
    return []


@plain_form(columns.OneHotDense)
def _one_hot_dense(layer) -> Form:
    return [(look_ups.OneHotDense(tuple(layer.positions), tuple(layer.offsets)), ("kernel",))]


@plain_form(columns.OneHotVectors)
def _one_hot_vectors(layer) -> Form:
    return [(look_ups.OneHotVectors(tuple(layer.positions), tuple(layer.offsets)), ("kernel",))]


@plain_form(tokens.ColumnTokens)
def _column_tokens(layer) -> Form:
    return [(plain_tokens.ColumnTokens(tuple(layer.dims)), ("kernel", "bias"))]


@plain_form(tokens.WithClassToken)
def _with_class_token(layer) -> Form:
    return [(plain_tokens.WithClassToken(), ("token",))]


@plain_form(tokens.Interactions)
def _interactions(layer) -> Form:
    return [(plain_tokens.Interactions(), ())]


@plain_form(tokens.Attend)
def _attend(layer) -> Form:
    return [(plain_tokens.Attend(layer.n_heads), ())]


@plain_form(tokens.Gate)
def _gate(layer) -> Form:
    return [(operations.Gate(plain_activation(layer)), ())]


@plain_form(members.MemberDense)
def _member_dense(layer) -> Form:
    weights = ("kernel", "bias", "input_scale") + ("output_scale",) * layer.own_outputs
    return [(plain_members.MemberDense(layer.n_members), weights)]


@plain_form(members.MemberLogits)
def _member_logits(layer) -> Form:
    return [(plain_members.MemberLogits(), ("kernel", "bias"))]


@plain_form(members.MemberSlices)
def _member_slices(layer) -> Form:
    return [(plain_members.MemberSlices(tuple(layer.groups), layer.n_members), ())]


@plain_form(members.MemberMean)
def _member_mean(layer) -> Form:
    return [(plain_members.MemberMean(), ())]


@plain_form(separate.SeparateDense)
def _separate_dense(layer) -> Form:
    return [(plain_members.SeparateDense(), ("kernel", "bias"))]


@plain_form(separate.SeparateOneHotDense)
def _separate_one_hot_dense(layer) -> Form:
    operation = plain_members.SeparateOneHotDense(tuple(layer.positions), tuple(layer.offsets), layer.n_members)
    return [(operation, ("kernel",))]
