"""services.yml: which services there are, how each is deployed and who may do it."""

from deploys.catalogue.catalogue import Catalogue, load
from deploys.catalogue.problem import Problem
from deploys.catalogue.service import Group, Service, Strategy

__all__ = ["Catalogue", "Group", "Problem", "Service", "Strategy", "load"]
