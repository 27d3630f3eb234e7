use Time::HiRes qw(time sleep);
my %h = map { $_ => 1 } "a" .. "j";
print join(",", keys %h), " ", time(), " ", rand(), " $$ ", scalar(localtime), " ", \%h, "\n";
sleep 0.02;
print time(), " ", int(rand(1e9)), " ", join(" ", times()), " $^T ", -M "/tmp", "\n";
