"""What is computed: methods turn facts and policy into figures. Runs without Django."""
