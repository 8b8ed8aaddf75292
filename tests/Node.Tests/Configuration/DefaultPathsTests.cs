using QuicProChat.Mesh.Node.Configuration;

namespace QuicProChat.Mesh.Node.Tests.Configuration;

/// <summary>Which control socket is asked, and which one a complaint names.</summary>
public class DefaultPathsTests
{
    private const string RootsOwn = "/var/lib/qpc-mesh/control.sock";
    private const string UsersOwn = "/home/u/.local/state/qpc-mesh/control.sock";
    private const string OnRouters = "/var/run/qpc-mesh/control.sock";

    [Theory]
    [InlineData(RootsOwn, true, RootsOwn, RootsOwn + " /etc/config/qpc-mesh")]
    [InlineData(RootsOwn, true, DefaultPaths.GroupControl, DefaultPaths.GroupControl + " " + OnRouters)]
    [InlineData(RootsOwn, true, OnRouters, OnRouters)]
    [InlineData(UsersOwn, false, UsersOwn, UsersOwn + " " + DefaultPaths.GroupControl)]
    [InlineData(null, false, DefaultPaths.GroupControl, DefaultPaths.GroupControl)]
    public void A_socket_that_is_there_is_asked_the_own_one_first(
        string? own, bool isRoot, string expected, string there) =>
        Assert.Equal(expected, DefaultPaths.FindControl(own, isRoot, there.Split(' ').Contains));

    [Theory]
    [InlineData(RootsOwn, true, OnRouters, "/etc/config/qpc-mesh")]
    [InlineData(RootsOwn, true, DefaultPaths.GroupControl, "/etc/qpc-mesh/qpc-mesh.conf /var/lib/qpc-mesh")]
    [InlineData(UsersOwn, false, DefaultPaths.GroupControl, "/etc/qpc-mesh/qpc-mesh.conf")]
    [InlineData(UsersOwn, false, UsersOwn, "/etc/qpc-mesh/qpc-mesh.conf /home/u/.local/state/qpc-mesh")]
    [InlineData(RootsOwn, true, RootsOwn, "")]
    [InlineData(UsersOwn, false, UsersOwn, "")]
    [InlineData(null, false, null, "")]
    public void Where_no_node_runs_the_place_is_named_where_its_package_has_it(
        string? own, bool isRoot, string? expected, string there) =>
        Assert.Equal(expected, DefaultPaths.FindControl(own, isRoot, there.Split(' ').Contains));
}
