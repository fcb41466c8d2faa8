"""The OpenAPI document of the addresses for programs, made of the tables that they are served from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from indexer import __version__

from . import schemas

if TYPE_CHECKING:
    from .address import Address

_HEADERS: Final = {
    "ETag": {
        "description": "Sent back as If-None-Match, it is answered by 304 as long as the library has not been written to.",
        "schema": {"type": "string"},
    }
}
_ERRORS: Final = {
    400: "A parameter that is unknown or has a value it cannot have, or a question without a word to look for.",
    404: "Nothing of that name is in the library.",
    405: "Another method than GET, HEAD or OPTIONS.",
    410: "The library has changed since the cursor was given.",
    503: "The library cannot be read.",
}


def document(addresses: Iterable[Address]) -> dict[str, Any]:
    """The document, OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Askive",
            "version": __version__,
            "summary": "Answers of archived advice threads, by relevance and by votes.",
            "description": "Every address takes GET and HEAD, needs no account, and changes nothing. Errors are objects with"
            " `error` and `hint`, both plain sentences.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": {template(address.rule): {"get": _operation(address)} for address in addresses},
        "components": {"schemas": schemas.COMPONENTS},
    }


def template(rule: str) -> str:
    """A Flask rule as OpenAPI writes it: "/api/thread/<path:id>" → "/api/thread/{id}"."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)


def _operation(address: Address) -> dict[str, Any]:
    errors = {400, 405, 503} | set(address.errors)
    return {
        "operationId": address.name,
        "summary": address.about,
        "parameters": [
            {
                "name": parameter.name,
                "in": parameter.place,
                "required": parameter.required,
                "description": parameter.about,
                "schema": parameter.schema,
            }
            for parameter in address.parameters
        ],
        "responses": {
            "200": {
                "description": address.gives,
                "headers": _HEADERS,
                "content": {media: {"schema": schema} for media, schema in address.content.items()},
            },
            "304": {"description": "What was given before still holds; sent where If-None-Match names its ETag."},
        }
        | {
            str(status): {
                "description": _ERRORS[status],
                "content": {"application/json": {"schema": schemas.ref("Error")}},
            }
            for status in sorted(errors)
        },
    }
