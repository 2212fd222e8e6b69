@echo off
rem kubectl runs this for "kubectl pss <TAB>" on Windows. Put it on PATH beside kubectl-pss.exe.
kubectl-pss __complete %*
