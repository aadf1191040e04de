"""Checks a Kubernetes job file and runs its command once for each index: indexed_job.py FILE SHARDS.

The rules are those of the Job API, batch/v1: an Indexed job has as many completions as shards, pods restart OnFailure
or Never, names are DNS labels, every value of `env` is a string. The cluster sets JOB_COMPLETION_INDEX, from 0.
"""

import os
import re
import subprocess
import sys

import yaml


def check(holds, complaint):
    if not holds:
        sys.exit(f"FAILED: {complaint}")


def main():
    path, shards = sys.argv[1], int(sys.argv[2])
    with open(path, encoding="utf-8") as file:
        documents = list(yaml.safe_load_all(file))
    check(len(documents) == 1, "one document was expected")
    job = documents[0]
    check((job["apiVersion"], job["kind"]) == ("batch/v1", "Job"), "it is no Job of batch/v1")
    name = job["metadata"]["name"]
    check(re.fullmatch("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", name), f"{name!r} is no DNS label")

    spec = job["spec"]
    check(spec["completionMode"] == "Indexed", "the job is not Indexed")
    check(spec["completions"] == spec["parallelism"] == shards, "completions and parallelism should be the shards")
    check(spec["backoffLimit"] >= 1, "a pod that was evicted would end the job")

    pod = spec["template"]["spec"]
    check(pod["restartPolicy"] in ("OnFailure", "Never"), "a Job's pods restart OnFailure or Never")
    check(len(pod["containers"]) == 1, "one container was expected")
    container = pod["containers"][0]
    volumes = {volume["name"] for volume in pod["volumes"]}
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    check(set(mounts) == volumes, "mounts and volumes differ")
    check(container["workingDir"] in mounts.values(), "the container does not work on the volume")
    environment = {entry["name"]: entry["value"] for entry in container["env"]}
    check(all(isinstance(value, str) for value in environment.values()), "values of env must be strings")
    check(environment.get("BROWNOUT_SHARDS") == str(shards), "env should tell the number of shards")
    command = container["command"] + container.get("args", [])
    check(all(isinstance(word, str) for word in command), "a command is a list of strings")
    print(f"{name}: {shards} pods, each runs {command}")

    for index in range(shards):
        settings = {**os.environ, **environment, "JOB_COMPLETION_INDEX": str(index)}
        pod_of_index = subprocess.run(command, env=settings, stdout=subprocess.DEVNULL, check=False)
        check(pod_of_index.returncode == 0, f"the pod of index {index} ended with {pod_of_index.returncode}")


if __name__ == "__main__":
    main()
