"""What Function Compute has in which regions, as far as it is documented."""

WITH_PYTHON_312 = (
    "cn-hangzhou cn-shanghai cn-qingdao cn-beijing cn-zhangjiakou cn-huhehaote cn-shenzhen cn-chengdu cn-hongkong "
    "ap-northeast-1 ap-northeast-2 ap-southeast-7 eu-central-1 eu-west-1 us-east-1 us-west-1"
)
"""https://www.alibabacloud.com/help/en/functioncompute/fc-3-0/user-guide/runtime-overview-3"""

WITH_TASK_MODE = (
    "cn-hangzhou cn-shanghai cn-qingdao cn-beijing cn-zhangjiakou cn-wulanchabu cn-shenzhen cn-chengdu cn-hongkong "
    "ap-southeast-1 ap-southeast-3 ap-southeast-5 ap-southeast-7 ap-northeast-1 ap-northeast-2 "
    "eu-west-1 eu-central-1 us-west-1 us-east-1"
)
"""https://www.alibabacloud.com/help/en/functioncompute/fc/user-guide/asynchronous-task"""
