# Runs all Python cases: `python3 main.py` with KUBECONFIG, and QUORATE_SERVERS: the addresses of the servers, split by blanks.
import cases
import dynamic  # noqa: F401
import typed  # noqa: F401

if __name__ == "__main__":
    cases.run()
