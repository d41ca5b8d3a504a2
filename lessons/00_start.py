# %% [markdown] id="title"
# # 0. What you will build
#
# A web page can ask a server for something and get an answer. With WebSocket, page and server can talk: either
# says something whenever it likes, for as long as the page is open. Chats, games, shared documents and the
# notebook in front of you work that way.
#
# In this course you write WebSocket yourself, function by function, on both ends, with nothing but Python's
# standard library. This page shows in two minutes what you will own at the end. Then it shows how to work
# here. You need to know Python's functions, classes, dicts and bytes by sight. You need to know nothing of
# networks.
#
# Click on a cell and press Shift+Enter: it runs, and the next one is chosen.

# %% setup

# %% id="tools"
from classroom.pages import show_page
from classroom.start import START_PAGE, record_visit, watch_websockets
from classroom.widgets import draw_session

# %% [markdown] id="live-text"
# ## A server and a page, live
#
# The next cell starts a WebSocket server inside of this notebook. It sends a page to your browser, which
# stands under the cell, and the page opens a WebSocket back to the server. Type something into it.
#
# `answer` is a plain Python function: it gets each text that the page sends, and what it returns goes back.
# Change it, run the cell again, and the page talks to your new server.


# %% id="live"
def answer(text: str) -> str:
    size = yours.study.start.payload_length(text)
    return f"{text.upper()} ({size} bytes)"


server = yours.serving.BlockingServer(answer, pages={"/": START_PAGE})
show_page("A page of your own server", server, height=240)

# %% [markdown] id="bytes-text"
# ## The same, byte by byte
#
# What went over the wire? Here a client in Python takes the browser's place. It says one thing to such a server,
# and every byte in both directions is written down. Click on a line of the picture to see its bytes.
#
# A client's payload is *masked*, mixed with four random bytes, so you will not find Grüezi in it. In the
# server's answer you find the text as it is. After lesson 5 you can read every byte of this.

# %% id="bytes"
with yours.serving.BlockingServer(answer) as server:
    reply, session = record_visit(server.url(), "Grüezi")
print("the server answered:", reply)
draw_session(session)

# %% [markdown] id="bytes-look"
# There are three parts, and each is a lesson of yours:
#
# - **a connection** that carries bytes (lesson 1),
# - **the opening handshake**: a request and a response, by which both ends agree to speak WebSocket (lesson 4),
# - **frames**: each message in an envelope of a few bytes, up to the Close that ends it all (lesson 5).
#
# In the picture, *TCP connected* and the two *ends* are the connection, GET and HTTP the handshake, text and
# close the frames. 1000 means a normal end (lesson 8).
#
# In lesson 6 you put them together, and a page like the one above talks to a server made of your own functions.
# That is the express path: 1, 4, 5, 6. The other lessons make it withstand the world: the life of a TCP connection
# (2), what HTTP can't do (3), messages in pieces (7), saying goodbye (8), encryption (9), attackers (10), speed
# (11), compression (12), a thousand clients (13), and a chat that brings all of it together (14).

# %% [markdown] id="jupyter-text"
# ## You are using one right now
#
# This notebook is a page, and Python runs in another program, the *kernel*. When you run a cell, the page
# sends the code through a WebSocket to Jupyter's server, which hands it to the kernel. What the cell prints comes
# back through the same WebSocket, while the cell still runs, and without the page asking for it. The next cell
# lets the page count what goes through its own WebSockets, for half a minute. Run it, then run the cell below it
# a few times.

# %% id="jupyter"
watch_websockets(seconds=30)

# %% id="jupyter-more"
for number in (1, 2, 3):
    print("line", number)

# %% [markdown] id="jupyter-look"
# For each run one message goes out and about five come back: *busy*, the code, the output, the reply, *idle*.
#
# To see the messages themselves, open your browser's developer tools (F12 in most), choose *Network*, then
# *WS*, and reload the page. The connection is called `channels`. In lesson 6 a client of your own connects
# to it and reads along.

# %% [markdown] id="check-text"
# ## How an exercise works
#
# In an exercise cell stands a function with a name, arguments, a docstring that says exactly what it must do,
# and `raise NotImplementedError` where its body belongs. You write the body and run the cell. `check`, in the
# cell's last line, does three things: it **saves** your code into the folder `exercises`, **tests** it, and
# **tells** you what it found. Run the next cell as it is, to see what it says about nothing.
#
# ### Exercise 0.1: count the bytes of a text
#
# Networks carry bytes, and a text is made of characters. WebSocket sends text in UTF-8, where a character takes
# one byte, or two, three or four. `text.encode()` gives these bytes, and `len` counts what is in a `str` or in
# `bytes`.
#
# Give a **wrong** answer first, to see what happens: `return len(text)` in place of `raise`. Read what is said.
# Then mend it.

# %% exercise 0.1 payload_length

# %% [markdown] tags=["solution"] id="payload-length-why"
# **Why it works.** `encode` turns characters into the bytes that travel, in UTF-8 unless told otherwise, and
# only these can be counted. `len(text)` counts characters. For plain English both numbers are the same, which
# is why this mistake is often found late: by the first user whose name has an accent.

# %% [markdown] id="feedback-look"
# A wrong answer is told in this order: what was tried, what came and what had to come, which known mistake it
# looks like, one question, and the section of the RFC, which is the document that defines WebSocket ([RFC
# 6455](https://www.rfc-editor.org/rfc/rfc6455)). A right answer gets a question worth thinking about.
#
# Nothing that you wrote is ever overwritten. If something must be replaced, it is kept, and the message says
# where.

# %% [markdown] id="help-text"
# ## When you are stuck
#
# `hint` helps one step at a time: a symptom, a question, lines with blanks or to put in order, the reference.
# Each call goes one step further.

# %% id="help"
hint("0.1")

# %% [markdown] id="help-more"
# | you write | you get |
# |---|---|
# | `check(payload_length)` | your function saved, tested and commented on; it stands in each exercise cell already |
# | `hint("0.1")` | the next hint |
# | `solution("0.1")` | the reference, at once |
# | `status()` | each exercise of this lesson: written or not, passed or not; `status(whole=True)`: those of all |
# | `reset("0.1")` | the empty exercise again; your text is kept beside it |
#
# No exercise is a gate. Skip one, and everything below it runs all the same.

# %% [markdown] id="yours-text"
# ## `yours`
#
# That is because of `yours`: a whole WebSocket stack in which each function that you wrote, and that passes, is
# yours, and each other one is the course's reference. You have used it above: the server of the page was
# `yours.serving.BlockingServer`. Today nearly all of it is borrowed. It says so itself:

# %% id="yours"
yours.status()

# %% [markdown] id="yours-try"
# When 0.1 passes, its row says `yours`, and the server uses it: in `answer` above it counts the bytes. Here
# it does so once more. With every exercise that you solve, one more row changes.

# %% id="yours-again"
with yours.serving.BlockingServer(answer) as server:
    for words in ("Hello", "Grüezi", "5 €"):
        reply, _ = record_visit(server.url(), words)
        print(f"{len(words)} characters: {reply}")

# %% [markdown] id="rhythm"
# ## How a lesson goes
#
# Each begins with a few questions, to recall what came before. Then you **predict** what will happen, in a cell
# that keeps your answer, **run** an experiment, and **investigate**. Then you **make** the thing yourself, in
# exercises. Pictures are drawn from your own bytes. At the end real programs talk to your code: curl, Node,
# Python's `websockets`, your browser. What isn't installed is left out, and the notebook says so.
#
# If a cell runs for too long, the square button in the toolbar stops it. If a notebook behaves strangely, choose
# *Kernel*, then *Restart Kernel and Run All Cells*: any notebook runs from top to bottom at any time.

# %% [markdown] id="summary"
# ## Summary
#
# - WebSocket lets a page and a server talk, both ways and at any time, over one TCP connection ([RFC 6455
#   section 1.2](https://www.rfc-editor.org/rfc/rfc6455#section-1.2)): a connection, an opening handshake, frames.
# - A text message travels in UTF-8 ([section 5.6](https://www.rfc-editor.org/rfc/rfc6455#section-5.6)), and its
#   length is counted in bytes ([section 5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.2)).
# - Run a cell with Shift+Enter; `check` saves and tests; `hint` helps; `status` tells where you are; `yours` is
#   the stack that becomes your own.
#
# **Next.** Lesson 1: bytes and sockets, or why five sends are not five receives.
