"""An S3-compatible object store that checks every signature, for tests: moto's server (scripts/judges.txt).

Prints one line of JSON (endpoint, bucket, key_id, secret) and serves until standard input ends. The bucket is empty; the
keys are those of a user who may do everything in it and nothing else. `python3 object_store.py BUCKET`.
"""
import json
import sys

import boto3
import botocore.exceptions
import moto.settings
from moto.server import ThreadedMotoServer

bucket = sys.argv[1]
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
endpoint = "http://127.0.0.1:%d" % server.get_host_and_port()[1]
first = {"endpoint_url": endpoint, "region_name": "eu-central-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
iam = boto3.client("iam", **first)
iam.create_user(UserName="publisher")
key = iam.create_access_key(UserName="publisher")["AccessKey"]
statement = {
    "Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::" + bucket, "arn:aws:s3:::" + bucket + "/*"]}
iam.put_user_policy(
    UserName="publisher", PolicyName="all", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
boto3.client("s3", **first).create_bucket(
    Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
# So many calls passed without a signature being checked; from here on each is.
moto.settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
wrong = boto3.client("s3", **{**first, "aws_access_key_id": key["AccessKeyId"]})
try:
    wrong.list_objects_v2(Bucket=bucket)
    sys.exit("the store lets in who has the wrong key")
except botocore.exceptions.ClientError as refusal:
    assert refusal.response["Error"]["Code"] == "SignatureDoesNotMatch", refusal
print(json.dumps({
    "endpoint": endpoint, "bucket": bucket, "key_id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}), flush=True)
sys.stdin.read()
server.stop()
