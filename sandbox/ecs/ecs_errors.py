"""The errors that ECS answers. `sentence` is the message if there is nothing to add."""

from __future__ import annotations


class EcsErrorResponse(Exception):
    sentence = "The request could not be processed."

    status = 400

    def __init__(self, message: str | None = None, **members: object) -> None:
        self.message = message or self.sentence
        self.extra_members = members
        """The members of the error besides its message."""
        super().__init__(self.message)

    @property
    def code(self) -> str:
        return type(self).__name__


class ClusterNotFoundException(EcsErrorResponse):
    sentence = "Cluster not found."


class ServiceNotFoundException(EcsErrorResponse):
    sentence = "Service not found."


class ServiceNotActiveException(EcsErrorResponse):
    sentence = "Service was not ACTIVE."


class ServiceDeploymentNotFoundException(EcsErrorResponse):
    sentence = "The service deployment could not be found."


class ResourceNotFoundException(EcsErrorResponse):
    sentence = "The specified resource could not be found."


class ConflictException(EcsErrorResponse):
    sentence = "The request could not be processed because of conflict in the current state of the resource."


class InvalidParameterException(EcsErrorResponse):
    sentence = "A parameter of the request is not valid."


class ClientException(EcsErrorResponse):
    sentence = "The request is not valid for the current state of the resource."
