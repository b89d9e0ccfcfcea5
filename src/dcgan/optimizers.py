"""Adam and SGD as torch has them, without what its compiler asks of them.

The first use of an optimizer of torch's imports its compiler, which dcgan does not use: that takes as long as half of
the import of torch, and 70 MB of memory, in each process that trains or searches.
"""

from inspect import unwrap

import torch

_no_grad = torch.no_grad()


class Adam(torch.optim.Adam):
    """`torch.optim.Adam`; it computes the very same, and `torch.compile` must not be given it."""

    add_param_group = unwrap(torch.optim.Adam.add_param_group)
    zero_grad = unwrap(torch.optim.Adam.zero_grad)
    step = _no_grad(unwrap(torch.optim.Adam.step))


class SGD(torch.optim.SGD):
    """`torch.optim.SGD`; it computes the very same, and `torch.compile` must not be given it."""

    add_param_group = unwrap(torch.optim.SGD.add_param_group)
    zero_grad = unwrap(torch.optim.SGD.zero_grad)
    step = _no_grad(unwrap(torch.optim.SGD.step))
