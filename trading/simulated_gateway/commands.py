"""What may be done to a running gateway from outside: one literal table of commands.

Each takes named arguments, plain JSON, and returns plain JSON; how they come in is left to the
control socket and to the in-process handle.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from trading.simulated_gateway.fault_switches import faults_as_json, heal, set_fault
from trading.simulated_gateway.server import GatewayServer
from utils.errors import ConfigError
from utils.registry import lookup, unknown_name_message

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """What a command takes under a name.

    Attributes:
        kind: Its types.
        default: What it is where it is not given.
        is_needed: Whether it has to be given.
    """

    kind: tuple[type[Any], ...]
    default: Any = None
    is_needed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something that can be done.

    Attributes:
        run: Does it.
        takes: Its arguments, by name.
    """

    run: Callable[[GatewayServer, Mapping[str, Any]], Awaitable[Answer]]
    takes: Mapping[str, Argument] = field(default_factory=dict)


async def execute(server: GatewayServer, words: Mapping[str, Any]) -> Answer:
    """Do what a command says.

    Args:
        server: To which it is done.
        words: The command's name under "do", and its arguments.

    Raises:
        ConfigError: If there is no such command, or an argument is missing, unknown or of
            another kind.
    """
    name = words.get("do")
    if not isinstance(name, str):
        raise ConfigError(f"a command names itself under `do`, e.g. state; was {name!r}")
    command = lookup(COMMANDS, name, "command")
    given = {key: value for key, value in words.items() if key != "do"}
    return await command.run(server, _checked(command, given, name))


def _checked(command: Command, given: Mapping[str, Any], name: str) -> dict[str, Any]:
    for key in given:
        if key not in command.takes:
            raise ConfigError(unknown_name_message(key, f"argument of {name}", command.takes))
    return {key: _one(argument, given, key, name) for key, argument in command.takes.items()}


def _one(argument: Argument, given: Mapping[str, Any], key: str, name: str) -> Any:
    if key not in given:
        if argument.is_needed:
            raise ConfigError(f"command `{name}` needs `{key}`")
        return argument.default
    value = given[key]
    is_odd_flag = isinstance(value, bool) and bool not in argument.kind
    if object not in argument.kind and (is_odd_flag or not isinstance(value, argument.kind)):
        kinds = " or ".join(kind.__name__ for kind in argument.kind)
        raise ConfigError(f"`{key}` of command `{name}` is of type {kinds}, was {value!r}")
    return value


async def _state(server: GatewayServer, _: Mapping[str, Any]) -> Answer:
    return {"state": server.broker.state(), "clients": list(server.client_ids)}


async def _step(server: GatewayServer, given: Mapping[str, Any]) -> Answer:
    """Step so many times, letting what each brought about go out before the next."""
    broker, n_done = server.broker, 0
    while n_done < given["n"]:
        before = broker.now()
        broker.step()
        if broker.now() == before:
            break
        n_done += 1
        await asyncio.sleep(0.0)
    return {"n_done": n_done, "time": broker.now().isoformat()}


async def _fault(server: GatewayServer, given: Mapping[str, Any]) -> Answer:
    set_fault(server.broker.faults, given["name"], given["value"])
    await server.obey_faults()
    return {}


async def _faults(server: GatewayServer, _: Mapping[str, Any]) -> Answer:
    return {"faults": faults_as_json(server.broker.faults)}


async def _heal(server: GatewayServer, _: Mapping[str, Any]) -> Answer:
    heal(server.broker.faults)
    await server.obey_faults()
    return {}


async def _set_price(server: GatewayServer, given: Mapping[str, Any]) -> Answer:
    server.broker.set_price(float(given["points"]), given["con_id"])
    return {}


async def _set_front(server: GatewayServer, given: Mapping[str, Any]) -> Answer:
    server.broker.set_front(given["code"])
    return {}


async def _release(server: GatewayServer, _: Mapping[str, Any]) -> Answer:
    server.broker.release()
    return {}


async def _manual(server: GatewayServer, given: Mapping[str, Any]) -> Answer:
    server.broker.manual(given["side"], given["quantity"], given["con_id"])
    return {}


async def _kick(server: GatewayServer, given: Mapping[str, Any]) -> Answer:
    return {"n_kicked": server.kick(given["client_id"], given["is_reset"])}


async def _lose(server: GatewayServer, _: Mapping[str, Any]) -> Answer:
    server.broker.lose()
    return {}


async def _restore(server: GatewayServer, given: Mapping[str, Any]) -> Answer:
    server.broker.restore(given["is_data_lost"])
    return {}


async def _error(server: GatewayServer, given: Mapping[str, Any]) -> Answer:
    server.broker.error(given["code"], given["text"], given["request_id"])
    return {}


async def _drop_order(server: GatewayServer, given: Mapping[str, Any]) -> Answer:
    server.broker.drop_order(given["perm_id"])
    return {}


async def _stop(server: GatewayServer, _: Mapping[str, Any]) -> Answer:
    await server.stop()
    return {}


async def _start(server: GatewayServer, _: Mapping[str, Any]) -> Answer:
    await server.start()
    return {"port": server.port}


_WHOLE = (int,)
_TEXT = (str,)
_OF_CONTRACT = {"con_id": Argument(kind=_WHOLE, is_needed=False)}

COMMANDS: dict[str, Command] = {
    "state": Command(run=_state),
    "step": Command(run=_step, takes={"n": Argument(kind=_WHOLE, default=1, is_needed=False)}),
    "fault": Command(
        run=_fault,
        takes={"name": Argument(kind=_TEXT), "value": Argument(kind=(object,))},
    ),
    "faults": Command(run=_faults),
    "heal": Command(run=_heal),
    "set_price": Command(
        run=_set_price, takes={"points": Argument(kind=(int, float)), **_OF_CONTRACT}
    ),
    "manual": Command(
        run=_manual,
        takes={"side": Argument(kind=_TEXT), "quantity": Argument(kind=_WHOLE), **_OF_CONTRACT},
    ),
    "set_front": Command(run=_set_front, takes={"code": Argument(kind=_TEXT)}),
    "release": Command(run=_release),
    "kick": Command(
        run=_kick,
        takes={
            "client_id": Argument(kind=_WHOLE, is_needed=False),
            "is_reset": Argument(kind=(bool,), default=True, is_needed=False),
        },
    ),
    "lose": Command(run=_lose),
    "restore": Command(
        run=_restore,
        takes={"is_data_lost": Argument(kind=(bool,), default=False, is_needed=False)},
    ),
    "error": Command(
        run=_error,
        takes={
            "code": Argument(kind=_WHOLE),
            "text": Argument(kind=_TEXT, default="", is_needed=False),
            "request_id": Argument(kind=_WHOLE, default=-1, is_needed=False),
        },
    ),
    "drop_order": Command(run=_drop_order, takes={"perm_id": Argument(kind=_WHOLE)}),
    "stop": Command(run=_stop),
    "start": Command(run=_start),
}
"""Everything that can be done to a running gateway."""
