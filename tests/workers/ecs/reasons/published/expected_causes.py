"""The causes that are named, in full: what people read for each of ECS's reasons."""

from __future__ import annotations

IMAGE = {
    "rate limit": (
        "the registry's rate limit is reached. Log in to that registry, or mirror the image to ECR."
    ),
    "platform": "it was not built for this CPU or system. Build it for the platform in the task definition.",
    "disk": "the disk is full. Give the task more ephemeral storage, or its instance a larger volume.",
    "layer": (
        "one of its layers could not be unpacked. Build and push it again, and see whether the disk is full; "
        "if it fails on one instance only, replace that instance."
    ),
    "repository": (
        "there is no such repository, or it asks for a login. Check `image` and `repositoryCredentials` "
        "in the task definition."
    ),
    "denied": "its registry does not allow it. Check the execution role and the repository's policy.",
    "unreachable": (
        "its registry cannot be reached. Check the subnet's route out (NAT or VPC endpoints), the security "
        "group and DNS."
    ),
    "missing": "it is not there. Push it, or deploy a tag that exists.",
    "name": "its name is not valid. Check `image` in the task definition.",
    "certificate": (
        "the certificate of its registry is not trusted. Check the registry's address and certificate."
    ),
}
CONTAINER = {
    "cpu": "its program is for another CPU. Build the image for the platform in the task definition.",
    "port": "its host port is taken. Let ECS choose the host port, or add instances.",
    "disk": "the disk of its instance is full. Remove old images there, or give it a larger volume.",
    "memory": "it has too little memory. Give it more in the task definition.",
    "user": "its image has no such user. Check `user` in the task definition.",
    "permission": "its command may not be executed. Make it executable in the image.",
    "command": "its command is not in the image. Check `entryPoint` and `command` in the task definition.",
}
SECRETS = {
    "denied": (
        "the execution role may not read one of them. Allow it `secretsmanager:GetSecretValue` or "
        "`ssm:GetParameters`, and `kms:Decrypt` on a key of your own."
    ),
    "missing": (
        "one of them is not there. Check its name in the task definition, and that it exists in this region."
    ),
    "unreachable": (
        "they cannot be reached. Check the subnet's route out (NAT or VPC endpoints), the security group "
        "and DNS."
    ),
}
LOGIN = {
    "denied": "ECR does not allow it. Allow the execution role `ecr:GetAuthorizationToken`.",
    "unreachable": (
        "ECR cannot be reached. Check the subnet's route out (NAT or VPC endpoints), the security group and "
        "DNS."
    ),
    "credentials": (
        "its credentials could not be fetched from Secrets Manager. Check `repositoryCredentials` in the "
        "task definition, and that the execution role may read them."
    ),
}
FILES = {
    "denied": (
        "the execution role may not read them. Allow it `s3:GetObject` on each and `s3:GetBucketLocation` "
        "on their bucket, and see that they exist."
    ),
    "unreachable": (
        "S3 cannot be reached. Check the subnet's route out (NAT or VPC endpoints), the security group and "
        "DNS."
    ),
}
VOLUME = {
    "unknown name": (
        "its file system was not found. Check its id, its mount target in the task's zone, and DNS in the "
        "VPC."
    ),
    "denied": "the file system does not allow it. Check its policy, its access point and the task role.",
    "unreachable": (
        "the file system does not answer. Check its mount targets, and that its security group lets the "
        "task in on port 2049."
    ),
    "directory": "the file system has no such directory. Create it, or use an access point that does.",
}
INSTANCE = {
    "spot quota": (
        "the account's quota of Spot instances is used up. Ask AWS for a higher one, or use a capacity "
        "provider that is not Spot."
    ),
    "quota": (
        "a quota of the account's EC2 instances is used up. Ask AWS for a higher one, or stop something else."
    ),
    "denied": (
        "the capacity provider's infrastructure role does not allow it. Allow what AWS names, such as "
        "`iam:PassRole` on the instance role."
    ),
    "none free": (
        "AWS has no such instance free now. It may resolve itself; otherwise allow more instance types or "
        "zones."
    ),
    "unfulfillable": (
        "AWS cannot provide what the capacity provider asks for. Allow more instance types or zones."
    ),
}
NO_INTERFACE = {
    "address": "no address is free. Use a larger subnet, or one more.",
    "group": "a security group is not there. Check those of the service.",
    "slot": (
        "its instance can have no more of them. Add instances, or switch on `awsvpcTrunking` for the account."
    ),
}
NO_PLACE = {
    "port": (
        "ECS finds no instance on which the task's host port is free. Let ECS choose the host port, or "
        "add instances."
    ),
    "agent": (
        "ECS finds no instance whose container agent answers. Look at the agents of the cluster's instances."
    ),
    "attribute": (
        "ECS finds no instance that has what the task asks for. Check its constraints against the "
        "instances' attributes."
    ),
    "constraint": (
        "ECS finds no instance that the placement constraints allow. Change them, or add such instances."
    ),
    "interface": (
        "ECS finds no instance that can have one more network interface. Add instances, or switch on "
        "`awsvpcTrunking` for the account."
    ),
    "provisioning": (
        "the cluster has as many tasks that are being provisioned as ECS allows. It ends by itself once "
        "they run."
    ),
    "room": (
        "ECS finds no capacity for a task. It may resolve itself; otherwise add capacity, or ask for less "
        "CPU and memory."
    ),
}
OTHER = {
    "json key": (
        "one of its secrets has no such JSON key. Check `valueFrom` in the task definition against the "
        "secret."
    ),
    "json": (
        "one of its secrets is not valid JSON, though `valueFrom` names a key in it. Store a JSON object, "
        "or leave the key out of `valueFrom`."
    ),
    "log group": "its log group does not exist. Create it, or name one that exists in the task definition.",
    "logs unreachable": (
        "its log group cannot be reached. Check the subnet's route out (NAT or VPC endpoints), the security "
        "group and DNS."
    ),
    "logs denied": (
        "its logs may not be written. Allow the execution role `logs:CreateLogStream` and "
        "`logs:PutLogEvents`, and `logs:CreateLogGroup` if the task definition asks for a new group."
    ),
    "log region": "its logging names no region. Set `awslogs-region` in the task definition's log options.",
    "start timeout": (
        "its container could not be started in time. It may resolve itself; otherwise give the task more "
        "CPU, and look at its instance."
    ),
    "network": (
        "its network could not be set up. It may resolve itself; otherwise check the subnet and its security "
        "groups."
    ),
    "tag policy": (
        "it got no network interface that satisfies the organization's tag policy. Give the service the "
        "tags that it demands, and set `propagateTags`."
    ),
    "interface in time": (
        "it got no network interface in time. It may resolve itself; if it does not, ask AWS Support."
    ),
    "in time": (
        "AWS did not provide in time what it needs. It may resolve itself; if it does not, ask AWS Support."
    ),
    "aws": "AWS had an error of its own. It may resolve itself; if it does not, ask AWS Support.",
    "blocked": (
        "AWS has blocked this account from starting tasks. Ask AWS Support; changing the service does not "
        "help."
    ),
    "role": (
        "ECS could not assume a role of the task definition. Check that the role exists and trusts "
        "`ecs-tasks.amazonaws.com`."
    ),
    "quota": "a quota of the AWS account is used up. Ask AWS for a higher one, or stop something else.",
    "agent": (
        "the container agent of its instance is not connected. Look at the agents of the cluster's instances."
    ),
    "no instance": "there is no instance to run tasks on. Add some to the cluster or its capacity provider.",
    "room": (
        "there was no capacity for it. Add capacity, or ask for less CPU and memory; it may resolve itself."
    ),
    "compute": (
        "its task definition is not made for where the service runs. Check `requiresCompatibilities` "
        "against the service's launch type or capacity provider."
    ),
    "failing": (
        "tasks fail again and again, so ECS waits longer each time before it starts the next. Fix what "
        "stops them first."
    ),
    "throttled": "AWS throttles ECS for this service. ECS goes on later; the rollout only takes longer.",
    "percentages": (
        "ECS may neither stop nor start a task: the service's minimum healthy and maximum percent leave "
        "no step between them. Change one of them."
    ),
    "protected": (
        "ECS may not stop old tasks, because they are protected from scale-in. Wait until that ends, or "
        "remove the protection."
    ),
    "agent start": (
        "the container agent of an instance does not start. Look at the agents of the cluster's instances."
    ),
    "constraint": "no instance satisfies its placement constraints. Change them, or add such instances.",
    "attribute": "no instance has what it asks for. Check its constraints against the instances' attributes.",
    "permissions": (
        "ECS may no longer manage the service, because permissions were changed. Check ECS's "
        "service-linked role and the roles of the task definition."
    ),
    "target group": "the service's target group no longer exists. Point the service at one that does.",
    "load balancer": (
        "the load balancer finds a task unhealthy in {}. Check the path, port and answer that the target "
        "group expects, and whether the grace period is long enough."
    ),
    "container check": "a task failed its container health check. Run that check's command in the image.",
}


def pulled(key: str = "") -> str:
    """The image could not be pulled; without a key nobody knows why."""
    return _cause("the image could not be pulled", IMAGE, key)


def container(key: str = "") -> str:
    """The container could not be started."""
    return _cause("its container could not be started", CONTAINER, key)


def secrets(key: str = "") -> str:
    """Its secrets could not be fetched."""
    return _cause("its secrets could not be fetched", SECRETS, key)


def login(key: str = "") -> str:
    """The login to the image registry failed."""
    return _cause("the login to the image registry failed", LOGIN, key)


def files(key: str = "") -> str:
    """Its environment files could not be fetched."""
    return _cause("its environment files could not be fetched", FILES, key)


def volume(key: str = "") -> str:
    """A volume could not be mounted."""
    return _cause("a volume could not be mounted", VOLUME, key)


def instance(key: str = "") -> str:
    """No instance could be launched for it."""
    return _cause("ECS could not launch an instance for it", INSTANCE, key)


def interface(key: str = "") -> str:
    """It got no network interface."""
    return _cause("it got no network interface", NO_INTERFACE, key)


def _cause(lead: str, causes: dict[str, str], key: str) -> str:
    return f"{lead}: {causes[key]}" if key else f"{lead}."
