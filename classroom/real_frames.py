"""The frames of the Python package websockets, to compare one's own with."""

from __future__ import annotations

from dataclasses import dataclass

from minews.types import Frame

__all__ = ["RealFrames", "find_real_frames"]


@dataclass(frozen=True, slots=True)
class RealFrames:
    """Reads and writes frames as websockets does. `name` says which version does it."""

    name: str

    def write(self, frame: Frame) -> bytes:
        """Write a frame. If it has a masking key, it is masked, but with a key that websockets draws."""
        from websockets.frames import Frame as RealFrame
        from websockets.frames import Opcode

        real = RealFrame(Opcode(frame.opcode), frame.payload, frame.fin, frame.rsv1, frame.rsv2, frame.rsv3)
        return bytes(real.serialize(mask=frame.masking_key is not None))

    def read(self, data: bytes) -> Frame:
        """Read the one frame that some bytes are, and leave out its masking key.

        Raises:
            ValueError: if it is not whole, or if bytes follow it.
            Exception: what websockets raises about a frame that may not come.
        """
        from websockets.frames import Frame as RealFrame
        from websockets.streams import StreamReader

        stream = StreamReader()
        stream.feed_data(data)
        steps = RealFrame.parse(stream.read_exact, mask=bool(data[1] & 0b1000_0000))
        try:
            next(steps)  # it stops here only to wait for more bytes
        except StopIteration as done:
            found: RealFrame = done.value
            if stream.buffer:
                raise ValueError("bytes follow the frame") from None
            flags = found.rsv1, found.rsv2, found.rsv3
            return Frame(found.fin, int(found.opcode), bytes(found.data), *flags)
        raise ValueError("the frame is not whole")


def find_real_frames() -> RealFrames | None:
    """Find the package websockets; without it a sentence says so."""
    try:
        from websockets.version import version
    except ImportError:
        print("The Python package websockets is not installed: its part is left out.")
        return None
    return RealFrames(f"websockets {version}")
