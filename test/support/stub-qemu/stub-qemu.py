#!/usr/bin/python3 -SE
"""
Stands in for QEMU where a test is about everything around it: GOLEM_PROVIDER_QEMU_BINARY_PATH names this file, and
provider, exe-units and driver run as they are. It takes the command line that the driver writes and does what the
driver looks at: pid file, monitor (QMP), console, guest agent, disk lock, and a forwarded port that greets as an SSH
server does. A start takes 20 ms and the «guest» some tens more.

What it does not do: run anything. There is no guest, no kernel is loaded, no memory taken, the disk is locked but
neither read nor written, nobody can log in. It keeps its rights whatever -runas says, has no system call filter, and
calls itself 7.0 so that no uplink is tried, which QEMU has known since 7.2.
"""
import fcntl
import json
import os
import re
import signal
import socket
import sys
import threading
import time
import zlib

if "--version" in sys.argv:
    print("QEMU emulator version 7.0.0 (a stub for golem's tests)")
    sys.exit(0)


def options():
    """The command line as pairs; an option without a value has none."""
    found = []
    for word in sys.argv[1:]:
        if word.startswith("-"):
            found.append([word, ""])
        else:
            found[-1][1] = word
    return found


def split(value):
    """A list such as `socket,id=console,path=/a,,b`, in which a comma in a value is written twice."""
    parts = [part.replace("\0", ",") for part in value.replace(",,", "\0").split(",")]
    return dict(part.split("=", 1) for part in parts if "=" in part)


files = {"monitor": "", "console": "", "agent": "", "pid": "", "disk": ""}
vm_id = ""
for name, value in options():
    if name == "-name":
        vm_id = value.split(",")[0]
    elif name == "-pidfile":
        files["pid"] = value
    elif name == "-qmp":
        files["monitor"] = re.sub(r",(server|wait)=\w+", "", value[len("unix:"):]).replace(",,", ",")
    elif name == "-chardev":
        files[split(value)["id"]] = split(value)["path"]
    elif name == "-drive":
        files["disk"] = split(value)["file"]

missing = [name for name, value in files.items() if not value]
if missing or not vm_id:
    sys.exit(f"stub-qemu: the command line names no {', '.join(missing) or 'VM'}")

# Some guests are slower than others, and each always as slow, so that faults hit starts and stops at any point.
slowness = zlib.crc32(vm_id.encode()) % 100 / 1000
is_up = threading.Event()
has_said_so = False
is_ending = threading.Lock()
monitor = None


def listen(path):
    """As QEMU: a socket that an earlier one left is replaced."""
    if os.path.exists(path):
        os.unlink(path)
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(1)
    return server


def send(connection, message):
    try:
        connection.sendall(json.dumps(message).encode() + b"\r\n")
    except OSError:
        pass


def end(reason, by_guest):
    if not is_ending.acquire(blocking=False):
        return
    if monitor:
        send(monitor, {"timestamp": {"seconds": int(time.time()), "microseconds": 0}, "event": "SHUTDOWN",
                       "data": {"guest": by_guest, "reason": reason}})
    # A QEMU that gave up its rights cannot take its files away.
    if "-runas" not in sys.argv and "-run-with" not in sys.argv:
        for file in (files["monitor"], files["console"], files["agent"], files["pid"]):
            os.unlink(file)
    os._exit(0)


def power_down():
    time.sleep(slowness)
    end("guest-shutdown", True)


def in_background(work, *arguments):
    threading.Thread(target=work, args=arguments, daemon=True).start()


def forwarded_port():
    return ("Hub -1 (ssh):\r\n"
            "  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r\n"
            f"  TCP[HOST_FORWARD]  12       127.0.0.1 {ssh.getsockname()[1]}       10.0.2.15    22     0     0\r\n")


def answer_monitor(connection, line):
    request = json.loads(line)
    command, arguments = request.get("execute"), request.get("arguments", {})
    reply = {"return": {}}
    if command == "human-monitor-command" and arguments.get("command-line") == "info usernet":
        reply = {"return": forwarded_port()}
    elif command == "query-status":
        reply = {"return": {"status": "running", "running": True, "singlestep": False}}
    elif command not in ("qmp_capabilities", "cont", "system_powerdown", "quit"):
        reply = {"error": {"class": "CommandNotFound", "desc": f"The command {command} has not been found"}}
    send(connection, {**reply, "id": request.get("id")})
    if command == "system_powerdown":
        in_background(power_down)
    elif command == "quit":
        end("host-qmp-quit", False)


def answer_agent(connection, line):
    request = json.loads(line.split(b"\xff")[-1])
    command = request.get("execute")
    if command == "guest-shutdown":
        in_background(power_down)
    elif command == "guest-sync-delimited":
        connection.sendall(b"\xff")
        send(connection, {"return": request["arguments"]["id"]})
    elif command in ("guest-ping", "guest-ssh-add-authorized-keys"):
        send(connection, {"return": {}})
    else:
        send(connection, {"error": {"class": "CommandNotFound", "desc": f"The command {command} has not been found"}})


def serve_lines(server, greet, answer):
    """One client at a time; the next one waits, as with QEMU."""
    while True:
        connection, _ = server.accept()
        try:
            greet(connection)
            for line in connection.makefile("rb"):
                answer(connection, line)
        except (OSError, ValueError):
            pass
        finally:
            connection.close()


def greet_monitor(connection):
    global monitor
    monitor = connection
    send(connection, {"QMP": {"version": {"qemu": {"major": 7, "minor": 0, "micro": 0}, "package": "stub"},
                              "capabilities": ["oob"]}})


def boot():
    time.sleep(slowness)
    is_up.set()


def greet_on_console(connection):
    """Whoever comes later has missed it."""
    global has_said_so
    is_up.wait()
    if not has_said_so:
        has_said_so = True
        connection.sendall(b"golem: ready\r\n")


def serve_ssh(connection):
    with connection:
        if not is_up.is_set():
            return
        try:
            connection.sendall(b"SSH-2.0-stub\r\n")
            while connection.recv(4096):
                pass
        except OSError:
            pass


for signal_name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(signal_name, lambda *_: end("host-signal", False))

with open(files["pid"], "w") as pid_file:
    pid_file.write(f"{os.getpid()}\n")

# Two VMs that write to one disk destroy it; QEMU does not let that happen, and a test has to see it.
disk = open(files["disk"], "r+b")
try:
    fcntl.lockf(disk, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    sys.exit(f"stub-qemu: -drive file={files['disk']}: Failed to get \"write\" lock\n"
             "Is another process using the image?")

ssh = socket.create_server(("127.0.0.1", 0))
console, agent, control = listen(files["console"]), listen(files["agent"]), listen(files["monitor"])
in_background(boot)
in_background(serve_lines, console, greet_on_console, lambda *_: None)
in_background(serve_lines, agent, lambda _: None, answer_agent)
in_background(serve_lines, control, greet_monitor, answer_monitor)
while True:
    in_background(serve_ssh, ssh.accept()[0])
