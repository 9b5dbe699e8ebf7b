# `make run` starts the product, `make test` tests it. Both install what they need.

VENV ?= .venv
export VENV
# Three processes on two cores: a quarter of a test is waiting. A file's tests stay together, so that
# they share what they set up.
PROCESSES ?= $(shell n=$$(($$(getconf _NPROCESSORS_ONLN) * 3 / 2)); echo $$((n > 6 ? 6 : n)))
PARALLEL = -n $(PROCESSES) --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help run setup dev services test static check bench soak lock words clean
.NOTPARALLEL:

help: ## This list
	@echo "Waihu 外呼"
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile

run: setup ## Start the panel, at first with a training shop 启动（首次建立训练店）
	@[ -n "$$WAIHU_DATABASE_URL" ] || [ -f var/waihu.db ] || $(VENV)/bin/waihu init --training
	@exec $(VENV)/bin/waihu serve

setup: ## Build the environment only 建立运行环境
	@sh tools/setup.sh runtime

dev:
	@sh tools/setup.sh dev

services:
	@sh tools/services.sh

test: dev services ## Run all tests 运行全部测试（TESTS=路径 可选）
	@$(VENV)/bin/python -m pytest $(PARALLEL) $(TESTS)

static: dev
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

check: static services ## Format, lint, types, imports, tests, wheel 全面检查
	$(VENV)/bin/python -m pytest $(PARALLEL) --ignore=tests/test_static.py

bench: dev services ## Measure 性能测量
	@$(VENV)/bin/python -m bench

soak: dev services ## A day of 2000 calls and texts, faults on, workers killed 长跑：故障与断电下一天的电话和短信
	@$(VENV)/bin/python -m tests.soak $(SOAK)

lock: dev ## Remake the locked lists 更新依赖锁定
	@sh tools/lock.sh

words: dev ## List the texts for translation into English 收集待翻译文字
	@$(VENV)/bin/python tools/words.py

clean: ## Remove the environment and caches, never var/ 清理（不动数据）
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
