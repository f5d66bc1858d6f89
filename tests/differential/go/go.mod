module differential

go 1.27
