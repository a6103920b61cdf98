import Concurrency
import Synchronization
import Testing

@Suite struct BoundedChannelTests {
  @Test func elementsComeOutInOrderAndEndAfterClosing() {
    let channel = BoundedChannel<Int>(capacity: 3)
    for number in 1...3 { #expect(channel.send(number)) }
    #expect(channel.count == 3)
    channel.close()
    #expect(!channel.send(4))
    #expect([channel.receive(), channel.receive(), channel.receive(), channel.receive()] == [1, 2, 3, nil])
  }

  @Test func aFullChannelMakesTheSenderWait() {
    let channel = BoundedChannel<Int>(capacity: 2)
    let sent = Atomic(0)
    let sender = ServiceThread {
      for number in 0..<1_000 {
        channel.send(number)
        sent.store(number + 1, ordering: .releasing)
      }
      channel.close()
    }
    var received = 0
    while let number = channel.receive() {
      #expect(number == received)
      received += 1
      // Two in the channel, and one more that the sender may have noted.
      #expect(sent.load(ordering: .acquiring) <= received + 2 + 1)
    }
    #expect(received == 1_000)
    sender.join()
    sender.join()
  }

  @Test func allThatWaitsIsSeenAndKeepsItsRoomUntilItIsRemoved() {
    let channel = BoundedChannel<Int>(capacity: 3)
    for number in 1...3 { channel.send(number) }
    #expect(channel.waitForAll() == [1, 2, 3])
    #expect(channel.count == 3)
    channel.remove(2)
    #expect(channel.waitForAll() == [3])
    channel.remove(1)
    let sender = ServiceThread {
      channel.send(4)
      channel.close()
    }
    #expect(channel.waitForAll() == [4])
    channel.remove(1)
    #expect(channel.waitForAll() == nil)
    sender.join()
  }

  @Test func closingWakesWhoeverWaits() {
    let empty = BoundedChannel<Int>(capacity: 1)
    let full = BoundedChannel<Int>(capacity: 1)
    full.send(1)
    let results = Mutex<[Bool]>([])
    let receiver = ServiceThread {
      let received = empty.receive()
      results.withLock { $0.append(received == nil) }
    }
    let sender = ServiceThread {
      let sent = full.send(2)
      results.withLock { $0.append(!sent) }
    }
    empty.close()
    full.close()
    receiver.join()
    sender.join()
    #expect(results.withLock { $0 } == [true, true])
  }
}
