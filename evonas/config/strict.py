"""What all sections of a configuration have in common."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

__all__ = ["Strict"]


def _takes_bool(annotation: Any) -> bool:
    return annotation is bool or bool in get_args(annotation)


class Strict(BaseModel):
    """Frozen; an unknown key is an error, and so is `true` where a number stands."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    @field_validator("*", mode="before")
    @classmethod
    def _no_bool_as_number(cls, value: Any, info: ValidationInfo) -> Any:
        """Pydantic would read `true` as 1."""
        if (
            isinstance(value, bool)
            and info.field_name
            and not _takes_bool(cls.model_fields[info.field_name].annotation)
        ):
            raise PydanticCustomError("bool_type", "`true` and `false` do not belong here")
        return value
