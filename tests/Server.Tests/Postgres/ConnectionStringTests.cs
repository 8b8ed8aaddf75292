using Npgsql;
using QuicProChat.Mesh.Server.Stores.Postgres;

namespace QuicProChat.Mesh.Server.Tests.Postgres;

public class ConnectionStringTests
{
    [Theory]
    [InlineData("host=db.example.org port=5433 dbname=qpc user=qpc password='a b\\'c;d' sslmode=verify-full")]
    [InlineData("Host=db.example.org;Port=5433;Database=qpc;Username=qpc;Password=\"a b'c;d\";SSL Mode=VerifyFull")]
    [InlineData("//qpc:a%20b'c%3Bd@db.example.org:5433/qpc?sslmode=verify-full")]
    public void A_connection_is_read_as_libpq_and_as_Npgsql_write_it(string text)
    {
        NpgsqlConnectionStringBuilder read = PostgresPrograms.Read(text).Build();
        Assert.Equal(("db.example.org", 5433, "qpc", "qpc", "a b'c;d", SslMode.VerifyFull),
            (read.Host, read.Port, read.Database, read.Username, read.Password, read.SslMode));
    }

    [Theory]
    [InlineData("dbname=qpc", "/var/run/postgresql")]
    [InlineData("///qpc", "/var/run/postgresql")]
    [InlineData("//%2Ftmp%2Fpg/qpc", "/tmp/pg")]
    [InlineData("host=/tmp/pg dbname=qpc", "/tmp/pg")]
    [InlineData("//[2001:db8::1]/qpc", "2001:db8::1")]
    public void Without_a_host_it_is_Debians_socket(string text, string host)
    {
        NpgsqlConnectionStringBuilder read = PostgresPrograms.Read(text).Build();
        Assert.Equal((host, "qpc", 5432), (read.Host, read.Database, read.Port));
    }

    [Theory]
    [InlineData("dbname=qpc sercet", "no '='")]
    [InlineData("dbname=qpc pasword=sercet", "7 characters")]
    [InlineData("password='sercet", "no closing quote")]
    [InlineData("port=sercet", "'port'")]
    [InlineData("Host=x;Port=sercet", "cannot be read")]
    [InlineData("Host=x;Password=a;sercet", "cannot be read")]
    [InlineData("Host=x;sercet=1", "cannot be read")]
    [InlineData("//u:sercet@h:sercet/d", "'port'")]
    [InlineData("@/nowhere/at/all", "/nowhere/at/all")]
    public void A_mistake_is_a_sentence_that_repeats_nothing_that_may_be_a_password(string text, string part)
    {
        Assert.False(PostgresConnection.TryRead(text, out _, out string? problem));
        Assert.Contains(part, problem);
        Assert.DoesNotContain("sercet", problem);
    }

    [Fact]
    public void A_connection_stands_in_a_file_that_others_do_not_read()
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, "postgres://qpc:sercet@db.example.org/qpc\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        PostgresConnection connection = PostgresPrograms.Read("@" + path);
        Assert.Equal("sercet", connection.Build().Password);
        Assert.DoesNotContain("sercet", connection.ToString());
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.False(PostgresConnection.TryRead("@" + path, out _, out string? problem));
        Assert.Contains("chmod 600", problem);
        File.Delete(path);
    }

    [Fact]
    public void What_the_operator_sets_stays()
    {
        NpgsqlConnectionStringBuilder read = PostgresPrograms.Read(
            "Host=x;Maximum Pool Size=3;Timeout=9;Options=-c work_mem=8MB").Build();
        Assert.Equal((3, 9), (read.MaxPoolSize, read.Timeout));
        Assert.StartsWith("-c work_mem=8MB -c ", read.Options);
        Assert.Equal(16, PostgresPrograms.Read("Host=x;").Build().MaxPoolSize);
    }
}
