"""What the user is told when something cannot be done."""

from __future__ import annotations

import errno


def explain(error: Exception) -> str:
    """One message for `error`: what, where, and how to mend it."""
    if isinstance(error, MemoryError):
        return "Error: there is not enough memory. Close other programs, or use a machine with more."
    if not isinstance(error, OSError):
        return f"Error: {error}"
    place = error.filename2 or error.filename
    where = f"{place}: " if place else ""
    match error.errno:
        case errno.ENOENT:
            return f"Error: {where}there is no such file or folder. Check the path."
        case errno.EACCES | errno.EPERM:
            return f"Error: {where}not permitted. Check who owns it, or choose another folder."
        case errno.EROFS:
            return f"Error: {where}the file system is read-only. Choose another folder."
        case errno.ENOSPC | errno.EDQUOT:
            return (
                f"Error: {where}the disk is full. Make room and run the command again; it goes on where it stopped, "
                "and no file was left half-written."
            )
        case errno.ENOTDIR | errno.EEXIST:
            return f"Error: {where}a file is in the way where a folder is needed. Choose another folder."
        case errno.EISDIR:
            return f"Error: {where}this is a folder, but a file is needed."
        case _:
            return f"Error: {where}{error.strerror or error}."
