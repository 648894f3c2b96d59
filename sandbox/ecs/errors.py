"""ECS's refusals. Each class docstring is the message ECS sends when there is nothing to add."""

from __future__ import annotations

from inspect import cleandoc


class EcsError(Exception):
    """The request could not be processed."""

    status = 400

    def __init__(self, message: str | None = None, **members: object) -> None:
        self.message = message or cleandoc(type(self).__doc__ or "")
        self.members = members
        """What the error's shape has besides its message."""
        super().__init__(self.message)

    @property
    def code(self) -> str:
        return type(self).__name__


class ClusterNotFoundException(EcsError):
    """Cluster not found."""


class ServiceNotFoundException(EcsError):
    """Service not found."""


class ServiceNotActiveException(EcsError):
    """Service was not ACTIVE."""


class ServiceDeploymentNotFoundException(EcsError):
    """The service deployment could not be found."""


class ResourceNotFoundException(EcsError):
    """The specified resource could not be found."""


class ConflictException(EcsError):
    """The request could not be processed because of conflict in the current state of the resource."""


class InvalidParameterException(EcsError):
    """A parameter of the request is not valid."""


class ClientException(EcsError):
    """The request is not valid for the current state of the resource."""
