"""What the console tells a device: where the pipeline is, or how to let the device in."""

import shlex
from pathlib import Path

import requests
import segno

from analytics_commands.foundation.pipeline.local_process import running_pipeline
from analytics_commands.run.command import build_parser

PATH = "/console/connect"


def test_only_this_machine(pipeline):
    """Where no device reaches the pipeline, there is a command for it, and no code to scan."""
    page = pipeline.http.get(pipeline.url(PATH), timeout=60).text
    told = pipeline.http.get(pipeline.url(f"{PATH}.json"), timeout=60).json()
    program, command, *options = shlex.split(told["command"].replace("\\\n", ""))
    read = build_parser().parse_args(options)

    assert ("analytics", "run", "0.0.0.0") == (program, command, read.host)
    assert pipeline.variables["ANALYTICS_URL"].endswith(f":{read.port}")
    assert Path(pipeline.variables["FUNCTION_LOGS"]).parent == read.data_dir
    assert f"http://{told['address'] or 'ADDRESS'}:{read.port}" == read.public_url
    assert ("Only this machine" in page, "<img" in page) == (True, False)


def test_other_machines(tmp_path):
    """Where devices reach it, the code holds the URL that they are told."""
    with running_pipeline(tmp_path, "--public-url", "http://192.168.1.20") as variables:
        url = variables["ANALYTICS_URL"]
        own = url.replace("192.168.1.20", "127.0.0.1")
        page = requests.get(f"{own}{PATH}", timeout=60).text
        told = requests.get(f"{own}{PATH}.json", timeout=60).json()

    assert url.startswith("http://192.168.1.20:")
    assert (url, "") == (told["url"], told["command"])
    assert segno.make(url).png_data_uri(scale=6) == told["code"]
    assert f'src="{told["code"]}" alt="QR code of {url}"' in page
    assert "Only this machine" not in page
