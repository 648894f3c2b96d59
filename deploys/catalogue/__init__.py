"""services.yml: which services there are, how each is deployed and who may do it."""

from deploys.catalogue.catalogue import Catalogue, load_catalogue
from deploys.catalogue.problem import Problem
from deploys.catalogue.service import Service, ServiceGroup, Strategy

__all__ = ["Catalogue", "Problem", "Service", "ServiceGroup", "Strategy", "load_catalogue"]
