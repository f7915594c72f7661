"""The files of a run: sealed by a manifest, written whole or not at all, read with suspicion, packed for a journey.

`sealed` holds the rules and the refusals, `writer` and `reader` the two directions, `head_facts` what may stand in
heads.json, `archive` and `zip_list` a run as one file for download and upload, `trash` what was deleted and can be
brought back. Others open a run through transformer/runs.py.
"""
