using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Tests.Groups;

public class GroupTipTests
{
    [Fact]
    public void A_higher_number_for_the_same_state_is_not_written_and_another_state_is()
    {
        var world = new GroupWorld(5);
        SimMember a = world.Add("a"), b = world.Add("b");
        world.Form(a, b);
        world.Run(TimeSpan.FromMinutes(1));
        for (ulong number = 1000; number < 1010; number++)
            Assert.False(Tell(world, a, b, number, b.Group!.Tip).Changed);
        Assert.True(Tell(world, a, b, 1010, new StateId(Enumerable.Repeat((byte)7, StateId.Size).ToArray())).Changed);
    }

    private static GroupOutput Tell(GroupWorld world, SimMember to, SimMember from, ulong number, StateId state)
    {
        var writer = new FrameWriter();
        MeshGroup group = from.Group!;
        new GroupFrame(
            GroupFrameKind.Tip, group.Id, 0, SignedTip.Sign(group.Id, number, group.Epoch, state, from.Identity))
                .WriteHead(writer);
        var output = new GroupOutput();
        Assert.True(to.Group!.Receive(world.Now, from.Address, writer.ToArray(), output));
        return output;
    }
}
