"""A visit to a running Space without a browser: what the page's own script says to the server."""

import asyncio

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect


async def visit(url: str) -> None:
    """Open a session as a browser does, let the page be drawn to its end, and leave."""
    address = url.replace("http", "ws", 1) + "/_stcore/stream"
    async with connect(address, subprotocols=["streamlit"], origin=url, max_size=None) as socket:
        await socket.send(BackMsg(rerun_script={"query_string": ""}).SerializeToString())
        async with asyncio.timeout(60):
            async for data in socket:
                message = ForwardMsg.FromString(data)
                if message.WhichOneof("type") == "script_finished":
                    assert message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
                    return
