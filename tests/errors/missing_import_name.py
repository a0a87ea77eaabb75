from collections import dequeue
