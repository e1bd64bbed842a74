# SPDX-License-Identifier: MIT
import os
import selectors

from gunicorn.workers.gthread import ThreadWorker


class DrainingWorker(ThreadWorker):
    """A threaded worker that loses no request when it is told to stop.

    gunicorn's own ends its loop at once: what was accepted and not read yet, or waits to be
    accepted, is reset, and nginx cannot know whether a POST sent on it was done. This one takes all
    that waits, closes the port, answers what it took, and ends.
    """

    leaving = False
    closed = False

    def handle_exit(self, sig, frame):
        self.leaving = True

    def run(self):
        # a signal, or a request that is done, ends the wait for the next event
        self.poller.register(self.PIPE[0], selectors.EVENT_READ, lambda fd: os.read(fd, 4096))
        super().run()

    def finish_request(self, fs):
        super().finish_request(fs)
        if self.leaving:
            self.wake()

    def notify(self):
        """Called by each round of the loop."""
        super().notify()
        if self.leaving and not self.closed:
            for listener in self.sockets:
                self.close_port(listener)
            self.closed = True
        # left in the poller: the pipe, and connections whose request did not arrive yet
        if self.closed and len(self.poller.get_map()) == 1 and not self.futures:
            self.alive = False
            self.wake()

    def wake(self):
        os.write(self.PIPE[1], b".")

    def close_port(self, listener):
        self.poller.unregister(listener)
        address = listener.getsockname()
        taken = None
        while taken != len(self.poller.get_map()):
            taken = len(self.poller.get_map())
            self.accept(address, listener)
        listener.close()
